// Health, status and the operator's requests over HTTP, beside the supervisor. It lives for as long as its scope: a server
// that breaks is begun anew, and no failure of it touches a database.
import { Data, Deferred, Effect, Layer, Schedule } from "effect"
import { isLoopback } from "./http/access.ts"
import * as Routes from "./http/routes.ts"
import * as Server from "./http/Server.ts"
import type { Operator } from "./Operator.ts"
import type { Supervisor } from "./Supervisor.ts"

export interface Options extends Routes.Options {
  readonly host: string
  readonly port: number
}

/** At the start: somebody has to change the settings. */
export class Refused extends Data.TaggedError("HttpRefused")<{
  readonly at: "HOST" | "PORT"
  readonly problem: string
  readonly example: string
}> {}

/** From a port that is free again in a moment to one that somebody took away. */
const again = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("1 minute")])

export const layer = (options: Options): Layer.Layer<never, Refused, Supervisor | Operator> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { host, port } = options
      const answer = yield* Routes.make(options)
      const started = yield* Deferred.make<void, Refused>()
      const turn = Effect.gen(function* () {
        const broken = yield* Server.serve({ answer, host, port })
        yield* Deferred.succeed(started, undefined)
        return yield* new Server.Unbound({ code: yield* Deferred.await(broken) })
      }).pipe(
        Effect.scoped,
        Effect.tapError((unbound) =>
          Effect.flatMap(Deferred.fail(started, refused(options, unbound)), (atStart) =>
            atStart
              ? Effect.void
              : Effect.logError(`nothing is answered on ${origin(options)} until it works again: ${unbound.code}`)
          )
        )
      )
      // The first failure ends the layer, and with it this fiber.
      yield* Effect.forkScoped(Effect.retry(turn, again))
      yield* Deferred.await(started)
      yield* Effect.logInfo(`answers on ${origin(options)}`)
      if (options.token === undefined && !isLoopback(host)) {
        yield* Effect.logWarning("nothing beyond this machine is answered until ADMIN_TOKEN is set")
      }
    })
  )

/** As a URL, without a path. */
export const origin = ({ host, port }: Pick<Options, "host" | "port">): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`

const refused = ({ host, port }: Options, { code }: Server.Unbound): Refused => {
  const at = (problem: string) => new Refused({ at: "PORT", problem, example: "PORT=8081" })
  switch (code) {
    case "EADDRINUSE":
      return at(`${port} on ${host} is taken: another program, or another worker, listens there`)
    case "EACCES":
      return at(`this user may not listen on ${port}: ports from 1024 on are free to all`)
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
      return new Refused({ at: "HOST", problem: "is no address of this machine", example: "HOST=127.0.0.1" })
    default:
      return at(`${port} on ${host} cannot be listened on (${code})`)
  }
}
