// The server itself, on loopback: it outlives its bugs and its visitors, and comes back when it broke.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Scope, SubscriptionRef } from "effect"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import type { Server as NodeServer } from "node:http"
import { connect, type Socket } from "node:net"
import * as Http from "../../src/Http.ts"
import { type Answer, json } from "../../src/http/Answer.ts"
import * as Server from "../../src/http/Server.ts"
import { Operator } from "../../src/Operator.ts"
import { type Statuses, Supervisor } from "../../src/Supervisor.ts"
import { freePort } from "../../scripts/stage/loopback.ts"
import { call, until } from "../support/http.ts"
import { quiet, silently } from "../support/quiet.ts"

const host = "127.0.0.1"

/** The server that answers next: it shows itself nowhere else. */
const serverBehind = (url: string) =>
  Effect.callback<NodeServer>((resume) => {
    const note = (message: unknown) => resume(Effect.succeed((message as { readonly server: NodeServer }).server))
    subscribe("http.server.request.start", note)
    Effect.runFork(call(url))
    return Effect.sync(() => void unsubscribe("http.server.request.start", note))
  })

const visitor = (port: number, text: string) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect(port, host, () => {
        if (text !== "") socket.write(text)
        resume(Effect.succeed(socket))
      })
      socket.on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const closed = (socket: Socket) =>
  Effect.callback<void>((resume) => {
    socket.resume()
    socket.once("close", () => resume(Effect.void))
    if (socket.destroyed) resume(Effect.void)
  })

describe("a server", () => {
  it.live("answers a bug with 500, says in the log where it was, and tells the visitor nothing of it", () =>
    Effect.gen(function* () {
      const { layer, lines } = quiet()
      const port = yield* freePort
      const answer = () => Effect.die(new Error("a customer's row"))
      yield* Server.serve({ host, port, answer }).pipe(Effect.provide(layer))
      const { status, text } = yield* call(`http://${host}:${port}/`)
      assert.strictEqual(status, 500)
      assert.notInclude(text + JSON.stringify(lines), "a customer's row")
      assert.match(String(lines[0]?.message), /crashed: Error .*Server\.test/)
    })
  )

  it.live(
    "takes 64 visitors from this machine, and lets go of those that do not finish asking",
    () =>
      Effect.gen(function* () {
        const port = yield* freePort
        yield* Server.serve({ host, port, answer: () => Effect.succeed(json(200, {})) })
        const slow = yield* Effect.forEach(Array.from({ length: 64 }), () => visitor(port, "GET / HTTP/1.1\r\nHost: l"))
        yield* Effect.sleep(100)
        assert.strictEqual((yield* call(`http://${host}:${port}/`)).status, 0)
        yield* Effect.forEach(slow, closed, { concurrency: "unbounded" }).pipe(Effect.timeout("10 seconds"))
        assert.strictEqual((yield* call(`http://${host}:${port}/`)).status, 200)
      }).pipe(silently),
    20_000
  )

  it.live("lets an answer under way arrive when it closes, and waits no longer than a second", () =>
    Effect.gen(function* () {
      for (const [takes, status] of [
        [300, 200],
        [5_000, 0]
      ] as const) {
        const port = yield* freePort
        const answer = () => Effect.as(Effect.sleep(takes), json(200, {}))
        const asked = yield* Effect.gen(function* () {
          yield* Server.serve({ host, port, answer })
          const asked = yield* Effect.forkDetach(call(`http://${host}:${port}/`), { startImmediately: true })
          yield* Effect.sleep(100)
          return asked
        }).pipe(Effect.scoped, Effect.timeout("2 seconds"))
        assert.strictEqual((yield* Fiber.join(asked)).status, status)
      }
    }).pipe(silently)
  )

  it.live("lets somebody follow until he goes, and does not wait for him when it closes", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const followers = { open: 0, written: 0 }
      const follow: Answer["follow"] = (write) =>
        Effect.acquireUseRelease(
          Effect.sync(() => followers.open++),
          () =>
            Effect.forever(
              Effect.andThen(
                write("x".repeat(65_536)),
                Effect.sync(() => followers.written++)
              )
            ),
          () => Effect.sync(() => followers.open--)
        )
      const answer = () => Effect.succeed({ ...json(200, {}), follow })
      const opened = (count: number) =>
        Effect.repeat(Effect.sleep(10), { until: () => followers.open === count }).pipe(Effect.timeout("5 seconds"))
      const serving = yield* Scope.make()
      yield* Scope.provide(Server.serve({ host, port, answer }), serving)
      const ask = "GET / HTTP/1.1\r\nHost: l\r\n\r\n"
      const [first] = yield* Effect.forEach([1, 2, 3], () => visitor(port, ask))
      yield* opened(3)
      first?.destroy()
      yield* opened(2)
      yield* Effect.sleep(300)
      // Nobody reads: it fills what lies between, and then no more.
      const { written } = followers
      yield* Effect.sleep(300)
      assert.strictEqual(followers.written, written)
      assert.strictEqual((yield* call(`http://${host}:${port}/`, {}, "HEAD")).status, 200)
      const [took] = yield* Effect.timed(Scope.close(serving, Exit.void))
      assert.isBelow(Duration.toMillis(took), 700)
      assert.strictEqual(followers.open, 0)
    }).pipe(silently)
  )

  it.live("that broke is begun anew on its port, and the log says so", () =>
    Effect.gen(function* () {
      const { layer, lines } = quiet()
      const port = yield* freePort
      const url = `http://${host}:${port}/healthz`
      const statuses = yield* SubscriptionRef.make<Statuses>(new Map())
      const options = { host, port, token: undefined, standings: new Map(), paces: new Map(), metrics: undefined }
      const asked = Layer.merge(Layer.succeed(Supervisor, { statuses }), Operator.layer([]))
      yield* Layer.build(Http.layer(options).pipe(Layer.provide(asked))).pipe(Effect.provide(layer))
      const server = yield* serverBehind(url)
      server.close()
      server.closeAllConnections()
      yield* until(0, url)
      yield* until(200, url)
      assert.include(lines.map(({ message }) => message).join("\n"), "until it works again: closed")
    })
  )
})
