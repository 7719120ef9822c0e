// The sockets to databases: kept alive, cut off when they fall silent, and counted.
import { Duration, Effect } from "effect"
import * as Net from "node:net"
import type { Address } from "./Database.ts"
import * as Session from "./Session.ts"

const sockets = new WeakMap<Address, Set<Net.Socket>>()

/** How many are open to it now. */
export const count = (address: Address): number => sockets.get(address)?.size ?? 0

export const open = (address: Address): Net.Socket => {
  const socket = Net.connect(
    address.host.startsWith("/")
      ? { path: `${address.host}/.s.PGSQL.${address.port}` }
      : { host: address.host, port: address.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 5_000 }
  )
  const others = sockets.get(address) ?? new Set()
  sockets.set(address, others.add(socket))
  socket.once("close", () => others.delete(socket))
  return socket.setTimeout(Duration.toMillis(Session.silence), () => Effect.runSync(cutOff(socket)))
}

/** Ends whatever waits on it. */
export const cutOff = (socket: Net.Socket): Effect.Effect<void> =>
  Effect.sync(() => {
    socket.destroy(Object.assign(new Error("No traffic on the connection"), { code: "ETIMEDOUT" }))
  })
