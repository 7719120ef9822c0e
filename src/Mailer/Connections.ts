// The way to login and Graph: requests over pooled connections of node:http(s), and the knowledge whether a failed request
// had a connection at all. One that had none was surely not sent; of any other nobody can say. Directly over Node, because
// this is the hot path: no streams around a body that is a string, no abort signals.
import * as Http from "node:http"
import * as Https from "node:https"
import { Clock, Context, Data, Duration, Effect, Layer, Predicate, Result } from "effect"
import { agents, defaults, type Options, unconnected } from "./Agents.ts"
import { Deadlines } from "./Deadlines.ts"

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
      const deadlines = new Deadlines(fork)
      yield* Effect.addFinalizer(() => Effect.sync(deadlines.end))
      const { http, https } = yield* agents(options, fork)
      const secure: Way = { open: Https.request, agent: https, deadlines }
      const plain: Way = { open: Http.request, agent: http, deadlines }
      return { request: (request, time) => send(request.url.startsWith("https:") ? secure : plain, request, time) }
    })
  )

interface Way {
  readonly open: typeof Http.request
  readonly agent: Http.Agent
  readonly deadlines: Deadlines
}

interface Target {
  readonly protocol: string
  readonly hostname: string
  readonly port: string
  readonly path: string
  /** As the header has it. */
  readonly host: string
}

const targets = new Map<string, Target>()

/** As many as there are mailboxes are asked for again and again; a search is asked for once. */
const targetOf = (url: string): Target => {
  const known = targets.get(url)
  if (known !== undefined) return known
  const { host, hostname, pathname, port, protocol, search } = new URL(url)
  const target = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port, path: `${pathname}${search}`, host }
  if (targets.size < 1_000 && search === "") targets.set(url, target)
  return target
}

/** What nobody says, but the clock. */
const late = new Lost({ unsent: false, code: "no answer in time" })

const send = ({ agent, deadlines, open }: Way, { body, headers, url }: Request, time: Duration.Duration) =>
  Clock.clockWith((clock) =>
    Effect.callback<Response, Lost>((resume) => {
      // Throws for what HTTP cannot carry, for example a line break in a header.
      const opened = Result.try(() => {
        const target = targetOf(url)
        // As a list, which Node takes as it is: an object it would look at name by name.
        const list = ["host", target.host]
        for (const name in headers) list.push(name, headers[name] ?? "")
        if (body === undefined) return open({ ...target, agent, method: "GET", headers: list })
        list.push("content-length", String(Buffer.byteLength(body)))
        return open({ ...target, agent, method: "POST", headers: list })
      })
      if (Result.isFailure(opened)) return resume(Effect.fail(new Lost({ unsent: true, code: codeOf(opened.failure) })))
      const call = opened.success
      const deadline = deadlines.set(clock, time, () => {
        resume(Effect.fail(late))
        call.destroy()
      })
      const answered = (result: Effect.Effect<Response, Lost>) => {
        deadlines.lift(deadline)
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
        deadlines.lift(deadline)
        call.destroy()
      })
    })
  )

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
export const exchange = (request: Request, time: Duration.Duration) =>
  Connections.use((connections) => exchangeOn(connections, request, time))

/** The same over these connections. */
export const exchangeOn = (connections: Connections["Service"], request: Request, time: Duration.Duration) =>
  Effect.flatMap(
    connections.request(request, Duration.subtract(time, bodyTimeout)),
    ({ headers, status, text }): Effect.Effect<Answer> =>
      text === undefined
        ? Effect.succeed({ status, headers, body: "" })
        : Effect.timeoutOrElse(text, { duration: bodyTimeout, orElse: () => Effect.succeed("") }).pipe(
            Effect.map((body) => ({ status, headers, body }))
          )
  )
