// Servers on loopback that end with the scope: one that listens, and one that answers a whole request with bytes.
import * as Http from "node:http"
import * as Net from "node:net"
import { Effect } from "effect"

export const listen = (server: Net.Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as Net.AddressInfo).port)))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        if (server instanceof Http.Server) server.closeAllConnections()
      })
  )

/** A server that does `answer` with a connection once a whole request has come, and counts its connections. */
export const raw = Effect.fnUntraced(function* (answer: (socket: Net.Socket, request: number) => void) {
  const seen = { connections: 0, requests: 0, open: new Set<Net.Socket>() }
  const server = Net.createServer((socket) => {
    seen.connections++
    seen.open.add(socket)
    socket.on("close", () => seen.open.delete(socket))
    socket.on("error", () => {})
    socket.on("data", (data) => {
      if (data.toString().endsWith("mail")) answer(socket, ++seen.requests)
    })
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => seen.open.forEach((socket) => socket.destroy())))
  return { url: `http://127.0.0.1:${yield* listen(server)}`, seen }
})

/** Both ends have closed; the test's own time limit is the bound. */
export const allClosed = (seen: { readonly open: ReadonlySet<Net.Socket> }): Effect.Effect<void> =>
  Effect.suspend(() => (seen.open.size === 0 ? Effect.void : Effect.delay(allClosed(seen), "5 millis")))
