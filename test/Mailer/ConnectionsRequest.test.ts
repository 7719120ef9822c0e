// What a request may be, and how far it may get: over real sockets.
import * as Http from "node:http"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber } from "effect"
import * as Connections from "../../src/Mailer/Connections.ts"
import { movable } from "../support/clock.ts"
import { allClosed, listen, raw } from "./servers.ts"

const client = Connections.layer()

const accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"

describe("a request", () => {
  it.live("with a header that HTTP cannot carry fails as surely unsent, and ends nothing", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* raw((socket) => socket.write(accepted))
      const request = { url, headers: { authorization: "Bearer with a\nline break" }, body: "mail" }
      const failure = yield* Effect.flip(Connections.exchange(request, Duration.seconds(5)))
      assert.deepInclude({ ...failure }, { unsent: true, code: "ERR_INVALID_CHAR" })
      assert.strictEqual(seen.requests, 0)
    }).pipe(Effect.provide(client))
  )

  it.live(
    "that has its connection only when its time is over is not written, as in a process that was frozen meanwhile",
    () =>
      Effect.gen(function* () {
        const { seen, url } = yield* raw((socket) => socket.write(accepted))
        const { clock, moved } = yield* movable
        const asked = Connections.exchange({ url, headers: {}, body: "mail" }, Duration.seconds(5))
        const asking = yield* Effect.forkChild(Effect.provideService(asked, Clock.Clock, clock), {
          startImmediately: true
        })
        // No timer has seen that, when the connection is up.
        moved.nanos = 60_000_000_000n
        assert.deepInclude(
          { ...(yield* Effect.flip(Fiber.join(asking))) },
          { unsent: true, code: "no connection in time" }
        )
        moved.nanos = 0n
        assert.strictEqual((yield* asked).status, 202)
        assert.strictEqual(seen.requests, 1)
      }).pipe(Effect.provide(client))
  )

  it.live("without a body is a GET", () =>
    Effect.gen(function* () {
      const port = yield* listen(
        Http.createServer(({ headers, method, url }, response) =>
          response.end([method, url, headers["content-length"]].join(" "))
        )
      )
      const answer = yield* Connections.exchange(
        { url: `http://127.0.0.1:${port}/messages?$select=id`, headers: {} },
        Duration.seconds(5)
      )
      assert.deepInclude(answer, { status: 200, body: "GET /messages?$select=id " })
    }).pipe(Effect.scoped, Effect.provide(client))
  )

  it.live("a reset before the request was read whole leaves it open whether it was taken", () =>
    Effect.gen(function* () {
      const server = Net.createServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => socket.resetAndDestroy())
      })
      const url = `http://127.0.0.1:${yield* listen(server)}`
      const request = { url, headers: {}, body: "x".repeat(8_000_000) }
      assert.isFalse((yield* Effect.flip(Connections.exchange(request, Duration.seconds(5)))).unsent)
    }).pipe(Effect.scoped, Effect.provide(client))
  )

  it.live("a server that takes the request and says nothing leaves it open, once the time is over", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* raw(() => {})
      const request = { url, headers: {}, body: "mail" }
      const failure = yield* Effect.flip(Connections.exchange(request, Duration.millis(1_200)))
      assert.deepInclude({ ...failure }, { unsent: false, code: "no answer in time" })
      assert.strictEqual(seen.requests, 1)
      yield* allClosed(seen)
    }).pipe(Effect.provide(client))
  )
})
