// The way to login and Graph: requests over pooled connections of node:http(s), and the knowledge whether a failed request
// had a connection at all. One that had none was surely not sent; of any other nobody can say. Directly over Node, because
// this is the hot path: no streams around a body that is a string, no abort signals.
import * as Http from "node:http"
import * as Https from "node:https"
import { Context, Data, Duration, Effect, Layer, Predicate, Result } from "effect"
import { agents, defaults, type Fork, type Options, unconnected } from "./Agents.ts"

export interface Request {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Without one it is a GET, else a POST. */
  readonly body?: string
}

export interface Response {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty if it broke off or is too long; absent where the server says that there is none. To be run once. */
  readonly text: Effect.Effect<string> | undefined
}

/** There is no status. */
export class Lost extends Data.TaggedError("Lost")<{
  /** There was no connection: the server saw nothing of the request. */
  readonly unsent: boolean
  /** The operating system's or OpenSSL's word for what went wrong, for example ECONNREFUSED. */
  readonly code: string
}> {}

export class Connections extends Context.Service<
  Connections,
  {
    /**
     * One request, never repeated, and lost if there is no status within `time`. Follows no redirect: neither a token nor a
     * mail goes where Microsoft did not say beforehand.
     */
    readonly request: (request: Request, time: Duration.Duration) => Effect.Effect<Response, Lost>
  }
>()("inquiries-mailer/Mailer/Connections") {}

export const layer = (options: Options = defaults): Layer.Layer<Connections> =>
  Layer.effect(
    Connections,
    Effect.gen(function* () {
      const fork = Effect.runForkWith(yield* Effect.context())
      const { http, https } = yield* agents(options, fork)
      return {
        request: (request, time) =>
          request.url.startsWith("https:")
            ? send(Https.request, https, request, time, fork)
            : send(Http.request, http, request, time, fork)
      }
    })
  )

/** What nobody says, but the clock. */
const late = new Lost({ unsent: false, code: "no answer in time" })

const send = (
  open: typeof Http.request,
  agent: Http.Agent,
  { body, headers, url }: Request,
  time: Duration.Duration,
  fork: Fork
) =>
  Effect.callback<Response, Lost>((resume) => {
    const options: Http.RequestOptions =
      body === undefined
        ? { agent, method: "GET", headers: { ...headers } }
        : { agent, method: "POST", headers: { ...headers, "content-length": String(Buffer.byteLength(body)) } }
    // Throws for what HTTP cannot carry, for example a line break in a header.
    const opened = Result.try(() => open(url, options))
    if (Result.isFailure(opened)) return resume(Effect.fail(new Lost({ unsent: true, code: codeOf(opened.failure) })))
    const call = opened.success
    const giveUp = Effect.sync(() => {
      resume(Effect.fail(late))
      call.destroy()
    })
    const deadline = fork(Effect.delay(giveUp, time))
    const answered = (result: Effect.Effect<Response, Lost>) => {
      deadline.interruptUnsafe()
      resume(result)
    }
    // Stays for as long as the request does: an error after the status must not end the process.
    call.on("error", (error) => answered(Effect.fail(lost(error))))
    call.once("response", (answer) => {
      const { headers, statusCode: status = 0 } = answer
      if (headers["content-length"] !== "0") {
        return answered(Effect.succeed({ status, headers: flat(headers), text: read(answer) }))
      }
      const empty = Effect.succeed({ status, headers: flat(headers), text: undefined })
      answer.once("end", () => whenFree(() => answered(empty))).resume()
    })
    call.end(body)
    return Effect.sync(() => {
      deadline.interruptUnsafe()
      call.destroy()
    })
  })

const lost = (error: Error): Lost => new Lost({ unsent: unconnected.has(error), code: codeOf(error) })

const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string" && /^[A-Z0-9_]{1,60}$/.test(error.code)
    ? error.code
    : "no reason given"

/** The agent takes a connection back one tick after the end of its answer: who asks sooner is given another one. */
const whenFree = process.nextTick

const flat = (headers: Http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/** Bytes. */
const bodyLimit = 64_000

const read = (answer: Http.IncomingMessage) =>
  Effect.callback<string>((resume) => {
    const chunks: Array<Buffer> = []
    let length = 0
    const end = (text: string) => {
      resume(Effect.succeed(text))
      if (!answer.complete) answer.destroy()
    }
    answer.on("data", (chunk: Buffer) => {
      length += chunk.length
      if (length > bodyLimit) return end("")
      chunks.push(chunk)
    })
    answer.once("end", () => whenFree(() => end(Buffer.concat(chunks).toString())))
    // Whatever breaks off ends with this, and with an error before it.
    answer.once("close", () => whenFree(() => end("")))
    answer.on("error", () => {})
    return Effect.sync(() => void answer.destroy())
  })

export interface Answer extends Omit<Response, "text"> {
  /** Empty if it was too long, broke off or did not end in time: nobody may decide on it. */
  readonly body: string
}

/** A body is worth no longer wait, and an endless one must not cost the status that came before it. */
export const bodyTimeout = Duration.seconds(1)

/** One request, one answer within `time`. Fails only if there is no status. */
export const exchange = Effect.fnUntraced(function* (request: Request, time: Duration.Duration) {
  const connections = yield* Connections
  const { headers, status, text } = yield* connections.request(request, Duration.subtract(time, bodyTimeout))
  const body =
    text === undefined
      ? ""
      : yield* Effect.timeoutOrElse(text, { duration: bodyTimeout, orElse: () => Effect.succeed("") })
  const answer: Answer = { status, headers, body }
  return answer
})
