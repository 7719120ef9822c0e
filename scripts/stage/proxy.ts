// A TCP proxy on loopback that can fall silent: it then forwards nothing, yet keeps and accepts connections, as a
// firewall does that has forgotten them. What was sent meanwhile never arrives. It ends with the scope.
import { Effect } from "effect"
import * as Net from "node:net"

export interface Proxy {
  readonly port: number
  readonly fallSilent: Effect.Effect<void>
  /** Towards us no more is sent, and the other direction stays open. */
  readonly halfClose: Effect.Effect<void>
  /** For new connections; those from before are closed. */
  readonly speak: Effect.Effect<void>
}

/** Forwards to a port on loopback. */
export const proxy = (target: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Running>((resume) => {
        const running: Running = { server: Net.createServer({ allowHalfOpen: true }), ...empty() }
        running.server.on("connection", (near) => {
          const far = Net.connect(target, "127.0.0.1")
          running.nears.add(near)
          near.on("end", () => far.end())
          near.on("close", () => running.nears.delete(near))
          for (const [from, to] of [
            [near, far],
            [far, near]
          ] as const) {
            running.sockets.add(from)
            if (running.silent) from.pause()
            from.on("data", (chunk) => to.write(chunk))
            from.on("error", () => {})
            from.on("close", () => {
              running.sockets.delete(from)
              to.destroy()
            })
          }
          if (running.silent) for (const socket of [near, far]) socket.pause()
        })
        running.server.listen(0, "127.0.0.1", () => resume(Effect.succeed(running)))
      }),
      ({ server, sockets }) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
    ),
    (running): Proxy => ({
      port: (running.server.address() as Net.AddressInfo).port,
      fallSilent: Effect.sync(() => {
        running.silent = true
        for (const socket of running.sockets) socket.pause()
      }),
      halfClose: Effect.sync(() => {
        for (const near of running.nears) near.end()
      }),
      speak: Effect.sync(() => {
        running.silent = false
        for (const socket of running.sockets) socket.destroy()
      })
    })
  )

const empty = () => ({ sockets: new Set<Net.Socket>(), nears: new Set<Net.Socket>(), silent: false })

interface Running {
  readonly server: Net.Server
  readonly sockets: Set<Net.Socket>
  /** The sides towards us. */
  readonly nears: Set<Net.Socket>
  silent: boolean
}
