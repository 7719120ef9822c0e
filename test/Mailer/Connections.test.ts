// Transport over real sockets: which failures were surely not sent, what is left of a broken answer, how connections live.
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as Connections from "../../src/Mailer/Connections.ts"
import { selfSigned } from "./selfSigned.ts"
import { allClosed, listen, raw } from "./servers.ts"

const post = (url: string) =>
  Connections.exchange({ url, headers: { "content-type": "text/plain" }, body: "mail" }, Duration.seconds(5))

const client = Connections.layer({ connectTimeout: Duration.millis(300), freeTimeout: Duration.millis(400) })

const failure = (url: string) => Effect.map(Effect.flip(post(url)), ({ code, unsent }) => ({ code, unsent }))

const accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"

describe("Connections", () => {
  it.live("a refused connection is surely unsent", () =>
    Effect.gen(function* () {
      const server = Net.createServer()
      const port = yield* Effect.scoped(listen(server))
      assert.deepStrictEqual(yield* failure(`http://127.0.0.1:${port}`), { unsent: true, code: "ECONNREFUSED" })
    }).pipe(Effect.provide(client))
  )

  it.live("a name that does not resolve is surely unsent", () =>
    Effect.gen(function* () {
      // Longer than a label may be: refused without asking any network.
      const { code, unsent } = yield* failure(`http://${"a".repeat(70)}.invalid`)
      assert.isTrue(unsent)
      assert.match(code, /^E/)
    }).pipe(Effect.provide(client))
  )

  it.live("a certificate that is not trusted is surely unsent", () =>
    Effect.gen(function* () {
      const { certificate, key } = selfSigned()
      const server = Https.createServer({ key, cert: certificate }, (_, response) => response.writeHead(202).end())
      const port = yield* listen(server)
      assert.deepStrictEqual(yield* failure(`https://localhost:${port}`), {
        unsent: true,
        code: "DEPTH_ZERO_SELF_SIGNED_CERT"
      })
    }).pipe(Effect.provide(client))
  )

  it.live("a peer that speaks no TLS, and one that hangs up during the handshake, are surely unsent", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<(socket: Net.Socket) => void> = [
        (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
        (socket) => socket.end(),
        (socket) => socket.resetAndDestroy()
      ]
      for (const answer of answers) {
        const server = Net.createServer((socket) => {
          socket.on("error", () => {})
          socket.once("data", () => answer(socket))
        })
        const port = yield* listen(server)
        assert.isTrue((yield* failure(`https://127.0.0.1:${port}`)).unsent)
      }
    }).pipe(Effect.scoped, Effect.provide(client))
  )

  it.live("a connection that does not come up in time is surely unsent", () =>
    Effect.gen(function* () {
      const silent = new Set<Net.Socket>()
      const port = yield* listen(Net.createServer((socket) => void silent.add(socket.on("error", () => {}))))
      yield* Effect.addFinalizer(() => Effect.sync(() => silent.forEach((socket) => socket.destroy())))
      assert.deepStrictEqual(yield* failure(`https://127.0.0.1:${port}`), { unsent: true, code: "CONNECT_TIMEOUT" })
    }).pipe(Effect.scoped, Effect.provide(client))
  )

  const broken: Readonly<Record<string, (socket: Net.Socket) => void>> = {
    "a reset": (socket) => socket.resetAndDestroy(),
    "a hang-up": (socket) => socket.end(),
    "half a status line": (socket) => socket.end("HTTP/1.1 20"),
    "something that is no HTTP": (socket) => socket.end("SSH-2.0-x\r\n\r\n")
  }
  for (const [what, answer] of Object.entries(broken)) {
    it.live(`${what} instead of an answer leaves it open whether the request was taken`, () =>
      Effect.gen(function* () {
        const { seen, url } = yield* raw(answer)
        assert.isFalse((yield* failure(url)).unsent)
        assert.strictEqual(seen.requests, 1)
      }).pipe(Effect.provide(client))
    )
  }

  it.live("a reset on a connection that was used before leaves it open too, and is not retried", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* raw((socket, n) => (n === 1 ? socket.write(accepted) : socket.resetAndDestroy()))
      yield* post(url)
      assert.isFalse((yield* failure(url)).unsent)
      assert.deepInclude(seen, { requests: 2, connections: 1 })
    }).pipe(Effect.provide(client))
  )

  it.live("a status counts even if its body is broken off, reset, endless, huge or never ends", () =>
    Effect.gen(function* () {
      const head = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1000000\r\n\r\n"
      const answers: ReadonlyArray<(socket: Net.Socket) => void> = [
        (socket) => socket.end(`${head}half a`),
        (socket) => socket.write(`${head}half a`, () => setTimeout(() => socket.resetAndDestroy(), 50)),
        (socket) => socket.write(head + "x".repeat(1_000_000)),
        (socket) => socket.write(`${head}half a`)
      ]
      for (const answer of answers) {
        const { url } = yield* raw(answer)
        assert.deepInclude(yield* post(url), { status: 503, body: "" })
      }
      const { url } = yield* raw((socket) => socket.write("HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nshort"))
      assert.deepInclude(yield* post(url), { status: 400, body: "short" })
    }).pipe(Effect.provide(client))
  )

  it.live("giving up on a silent server closes the connection", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* raw(() => {})
      const result = yield* Effect.timeoutOption(post(url), "100 millis")
      assert.strictEqual(result._tag, "None")
      yield* allClosed(seen)
    }).pipe(Effect.provide(client))
  )

  it.live("one connection carries requests that follow each other, and is closed soon after the last", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* raw((socket) => socket.write(accepted))
      for (let n = 0; n < 5; n++) assert.strictEqual((yield* post(url)).status, 202)
      assert.deepInclude(seen, { requests: 5, connections: 1 })
      yield* allClosed(seen)
      yield* post(url)
      assert.strictEqual(seen.connections, 2)
    }).pipe(Effect.provide(client))
  )

  it.live("a server that closes its idle connections at once costs no request", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* raw((socket) => {
        socket.write(accepted)
        setTimeout(() => socket.end(), 10)
      })
      for (let n = 0; n < 5; n++) {
        assert.strictEqual((yield* post(url)).status, 202)
        yield* allClosed(seen)
      }
      assert.deepInclude(seen, { requests: 5, connections: 5 })
    }).pipe(Effect.provide(client))
  )

  it.live("an answer may take longer than a connection may be free", () =>
    Effect.gen(function* () {
      const { url } = yield* raw((socket) => setTimeout(() => socket.write(accepted), 900))
      assert.strictEqual((yield* post(url)).status, 202)
    }).pipe(Effect.provide(client))
  )

  it.live("a body arrives as it is in every language, and its end with it", () =>
    Effect.gen(function* () {
      const bodies: Array<string> = []
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          bodies.push(Buffer.concat(chunks).toString())
          response.writeHead(204).end()
        })
      })
      const url = `http://127.0.0.1:${yield* listen(server)}`
      const body = "Büro Łódź 東京: „zwei“ 🚗"
      const { status } = yield* Connections.exchange({ url, headers: {}, body }, Duration.seconds(5))
      assert.strictEqual(status, 204)
      assert.deepStrictEqual(bodies, [body])
    }).pipe(Effect.provide(client))
  )

  it.live("follows no redirect", () =>
    Effect.gen(function* () {
      const target = yield* raw((socket) => socket.write(accepted))
      const { url } = yield* raw((socket) =>
        socket.write(`HTTP/1.1 307 Elsewhere\r\nLocation: ${target.url}\r\nContent-Length: 0\r\n\r\n`)
      )
      assert.strictEqual((yield* post(url)).status, 307)
      assert.strictEqual(target.seen.requests, 0)
    }).pipe(Effect.provide(client))
  )
})
