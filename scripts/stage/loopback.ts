// A server of the stage: on loopback, at the port that was asked for or a free one, until the scope closes.
import { Effect, type Scope } from "effect"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"

/** The port. Fails with Node's error, above all when somebody else has that port. */
export const listen = (server: Server, port = 0): Effect.Effect<number, Error, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number, Error>((resume) => {
      server.once("error", (cause) => resume(Effect.fail(cause)))
      server.listen(port, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** A port that is free now, for somebody else. */
export const freePort: Effect.Effect<number> = Effect.suspend(() => Effect.orDie(Effect.scoped(listen(createServer()))))
