// The way to login and Graph: requests over pooled connections of node:http(s), and the knowledge whether a failed request
// had a connection at all. One that had none was surely not sent; of any other nobody can say. Directly over Node, because
// this is the hot path: no streams around a body that is a string, no abort signals.
import * as Http from "node:http"
import * as Https from "node:https"
import { Clock, Context, type Duration, Effect, Layer, Result } from "effect"
import { agents, defaults, type Established, type Options } from "./Agents.ts"
import { Deadlines } from "./Deadlines.ts"
import { type Answer, codeOf, Exchange, Lost } from "./Exchange.ts"

export interface Request {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Without one it is a GET, else a POST. */
  readonly body?: string
}

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
      const secure: Way = { open: Https.request, ...https, deadlines }
      const plain: Way = { open: Http.request, ...http, deadlines }
      return { request: (request, time) => send(request.url.startsWith("https:") ? secure : plain, request, time) }
    })
  )

interface Way {
  readonly open: typeof Http.request
  readonly agent: Http.Agent
  readonly established: Established
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

const send = ({ agent, deadlines, established, open }: Way, request: Request, time: Duration.Duration) =>
  Clock.clockWith((clock) =>
    Effect.callback<Answer, Lost>((resume) => {
      const { body, headers, url } = request
      const bytes = body === undefined ? 0 : Buffer.byteLength(body)
      // Throws for what HTTP cannot carry, for example a line break in a header.
      const opened = Result.try(() => {
        const { host, hostname, path, port, protocol } = targetOf(url)
        // As a list, which Node takes as it is: an object it would look at name by name.
        const list = ["host", host]
        for (const name in headers) list.push(name, headers[name] ?? "")
        if (body !== undefined) list.push("content-length", String(bytes))
        const method = body === undefined ? "GET" : "POST"
        return open({ protocol, hostname, port, path, agent, method, headers: list })
      })
      if (Result.isFailure(opened)) return resume(Effect.fail(new Lost({ unsent: true, code: codeOf(opened.failure) })))
      const call = opened.success
      const exchange = new Exchange(call, deadlines, clock, time, resume)
      // ASCII is Latin-1, too, and is written in half the time.
      exchange.write(body, bytes === body?.length ? "latin1" : "utf8", established)
      return exchange.leave
    })
  )

/** One request on the connections that there are. */
export const exchange = (request: Request, time: Duration.Duration) =>
  Connections.use((connections) => connections.request(request, time))
