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

export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty if it was too long, broke off or did not end in time: nobody may decide on it. */
  readonly body: string
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
     * One request, never repeated, one answer within `time`. Lost only if there is no status; the last second is for the
     * body. Follows no redirect: neither a token nor a mail goes where Microsoft did not say beforehand.
     */
    readonly request: (request: Request, time: Duration.Duration) => Effect.Effect<Answer, Lost>
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

/** A body is worth no longer wait, and an endless one must not cost the status that came before it. */
export const bodyTimeout = Duration.seconds(1)
/** Bytes. */
const bodyLimit = 64_000

const send = ({ agent, deadlines, open }: Way, { body, headers, url }: Request, time: Duration.Duration) =>
  Clock.clockWith((clock) =>
    Effect.callback<Answer, Lost>((resume) => {
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
      let deadline = deadlines.set(clock, Duration.subtract(time, bodyTimeout), () => {
        resume(Effect.fail(late))
        call.destroy()
      })
      // Only the first counts.
      const answered = (result: Effect.Effect<Answer, Lost>) => {
        deadlines.lift(deadline)
        resume(result)
      }
      let hasStatus = false
      // Stays for as long as the request does: an error after the status must not end the process, nor cost the status.
      call.on("error", (error) => hasStatus || answered(Effect.fail(lost(error))))
      call.once("response", (answer) => {
        hasStatus = true
        const end = (body: string) => {
          answered(Effect.succeed({ status: answer.statusCode ?? 0, headers: flat(answer.headers), body }))
          if (!answer.complete) answer.destroy()
        }
        deadlines.lift(deadline)
        deadline = deadlines.set(clock, bodyTimeout, () => end(""))
        read(answer, end)
      })
      call.end(body)
      return Effect.sync(() => {
        deadlines.lift(deadline)
        call.destroy()
      })
    })
  )

/** The whole body, or nothing. May call `end` more than once. */
const read = (answer: Http.IncomingMessage, end: (body: string) => void) => {
  const chunks: Array<Buffer> = []
  let length = 0
  answer.on("data", (chunk: Buffer) => {
    length += chunk.length
    if (length > bodyLimit) return end("")
    chunks.push(chunk)
  })
  answer.once("end", () => whenFree(() => end(length === 0 ? "" : Buffer.concat(chunks).toString())))
  // Whatever breaks off ends with this, and with an error before it.
  answer.once("close", () => whenFree(() => end("")))
  answer.on("error", () => {})
}

const lost = (error: Error): Lost => new Lost({ unsent: unconnected.has(error), code: codeOf(error) })

const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string" && /^[A-Z0-9_]{1,60}$/.test(error.code)
    ? error.code
    : "no reason given"

/** The agent takes a connection back one tick after the end of its answer: who asks sooner is given another one. */
const whenFree = process.nextTick

const flat = (headers: Http.IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/** One request on the connections that there are. */
export const exchange = (request: Request, time: Duration.Duration) =>
  Connections.use((connections) => connections.request(request, time))
