// Hundreds of connections to servers that take them and say nothing, as a firewall does that has forgotten them.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Net from "node:net"
import type { Address } from "../src/Database.ts"
import { isDirect, open } from "../src/Opening.ts"
import { watched } from "./support/fakes.ts"

/** Its address, and how many connections it has, and the most it had at once. */
const silentServer = Effect.gen(function* () {
  const sockets = new Set<Net.Socket>()
  let most = 0
  const server = yield* Effect.acquireRelease(
    Effect.callback<Net.Server>((resume) => {
      const server = Net.createServer((socket) => {
        most = Math.max(most, sockets.add(socket).size)
        socket.on("error", () => {}).on("close", () => sockets.delete(socket))
        socket.resume()
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
  const { port } = server.address() as Net.AddressInfo
  const address: Address = { ...watched.database.address, port, user: "nobody", database: "nothing" }
  return { address, now: () => sockets.size, most: () => most }
})

const until = Effect.fnUntraced(function* (done: () => boolean) {
  while (!done()) yield* Effect.sleep(5)
})

describe("a server that says nothing", () => {
  it.live("is asked for 8 sessions at once by those that are to be opened, and holds up no other server", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* silentServer, yield* silentServer]
      const fibers = yield* Effect.replicateEffect(Effect.forkChild(isDirect(one.address)), 40)
      yield* until(() => one.now() === 8)
      const other = yield* Effect.forkChild(isDirect(two.address))
      yield* until(() => two.now() === 1).pipe(Effect.timeout("1 second"))
      yield* Effect.sleep("300 millis")
      assert.strictEqual(one.most(), 8)
      yield* Fiber.interruptAll([...fibers, other])
      yield* until(() => one.now() === 0)
    }).pipe(Effect.scoped)
  )

  it.live("takes no place from other connects for longer than 200 ms", () =>
    Effect.gen(function* () {
      const server = yield* silentServer
      const fibers = yield* Effect.replicateEffect(Effect.forkChild(Effect.scoped(open(server.address, true))), 30)
      yield* until(() => server.now() > 0)
      assert.isAtMost(server.now(), 12)
      yield* until(() => server.now() === 30).pipe(Effect.timeout("2 seconds"))
      yield* Fiber.interruptAll(fibers)
    }).pipe(Effect.scoped)
  )
})
