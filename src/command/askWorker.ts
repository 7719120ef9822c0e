// How commands ask the running worker, over HTTP.
import { Data, Duration, Effect, Redacted, Schema } from "effect"
import { isLoopback } from "../http/access.ts"
import type { Endpoint } from "../Settings/Endpoint.ts"
import { StatusDocument } from "../StatusDocument.ts"

/** There is no answer, or it is not the one that was asked for. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  /** A sentence for the operator. */
  readonly reason: string
}> {}

const timeout = Duration.seconds(5)

/** The answer to a GET, whatever its status. */
export const ask = Effect.fn("askWorker.ask")(
  function* ({ host, port, token }: Endpoint, path: string) {
    const own = ownAddress(host)
    // Whoever else listens there must not be handed the token where none is needed.
    const headers: Record<string, string> =
      token === undefined || isLoopback(own) ? {} : { authorization: `Bearer ${Redacted.value(token)}` }
    const url = new URL(path, `http://${own.includes(":") ? `[${own}]` : own}:${port}`)
    const silent = () => new NoAnswer({ reason: `no worker answers on ${url.origin}` })
    const response = yield* Effect.tryPromise({
      try: (signal) => fetch(url, { headers, signal, redirect: "error" }),
      catch: silent
    })
    const body = yield* Effect.tryPromise({ try: () => response.text(), catch: silent })
    return { status: response.status, body }
  },
  Effect.timeoutOrElse({
    duration: timeout,
    orElse: () => Effect.fail(new NoAnswer({ reason: "the worker does not answer in time" }))
  })
)

/** What listens everywhere is reached on this machine. */
const ownAddress = (host: string): string => (host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host)

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(StatusDocument))

/** The status of the running worker. */
export const workerStatus = Effect.fn("askWorker.workerStatus")(function* (endpoint: Endpoint) {
  const { body, status } = yield* ask(endpoint, "/api/status")
  if (status !== 200) return yield* new NoAnswer({ reason: `the worker refuses to say it: status ${status}` })
  return yield* Effect.mapError(
    decode(body),
    () => new NoAnswer({ reason: "what answers there is no worker of this version" })
  )
})
