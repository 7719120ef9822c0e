// Microsoft's login and Graph, as far as the mailer uses them, over real HTTP at one origin on loopback. It answers as
// the real ones do, keeps what it accepted, and fails on demand. Tokens age by the fiber's clock, a TestClock too;
// latency is real time.
import { Clock, Effect, PubSub, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { type Answer, type Ask, graphError, readBody } from "./GraphAnswer.ts"
import { type Endpoint, faultAnswer, type Faults, makeFaults } from "./GraphFaults.ts"
import { type LoginOptions, makeLogin } from "./GraphLogin.ts"
import type { Mail } from "./GraphMail.ts"
import { type MailboxOptions, makeMailboxes } from "./GraphMailboxes.ts"
import { type Recorded, recorded, type Send } from "./GraphSends.ts"
import { listen } from "./loopback.ts"

export interface Options extends LoginOptions, MailboxOptions {
  readonly port?: number
  /** Ports at which it is reached, for telling callers apart; one if absent. */
  readonly doors?: number
  /** Called in the instant a mail is accepted, before the answer goes out: for a stopwatch. */
  readonly onAccepted?: (mail: Mail) => void
}

export interface Requests {
  readonly token: number
  readonly sendMail: number
  readonly messages: number
  /** Answers by status; a reset or a request left hanging has none. */
  readonly byStatus: Readonly<Record<number, number>>
}

export interface StandIn {
  readonly origin: string
  /** One a door; the first is `origin`. */
  readonly origins: ReadonlyArray<string>
  /** In the order of their arrival. Live. */
  readonly sends: ReadonlyArray<Send>
  /** Accepted, in order. Live. */
  readonly mails: ReadonlyArray<Mail>
  readonly faults: Omit<Faults, "take">
  /** Live. */
  readonly requests: Requests
  /** The most requests of one application that came at once, by mailbox (lower case). Above 4 somebody was refused. */
  readonly maxInFlight: ReadonlyMap<string, number>
  /** Resolves with all mails as soon as there are at least `count`; bound it with a timeout. */
  readonly awaitMails: (count: number) => Effect.Effect<ReadonlyArray<Mail>>
  /** Mails accepted from now on. */
  readonly onMail: Effect.Effect<PubSub.Subscription<Mail>, never, Scope.Scope>
  readonly forgetMails: () => void
  readonly revokeTokens: () => void
  /** Added to every answer. */
  latencyMillis: number
}

type Fate = Answer | "reset" | "hang"

interface Route {
  readonly at: Endpoint
  readonly mailbox: string | undefined
  /** Called when the headers are in: a refusal, or what to do when the answer is out. */
  readonly admit: (ask: Ask) => Answer | { readonly leave: () => void }
  readonly answer: (ask: Ask, body: Buffer) => Answer
}

const decodePath = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const start = Effect.fn("GraphStandIn.start")(function* (
  options: Options = {}
): Effect.fn.Return<StandIn, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const arrivals = yield* PubSub.unbounded<Mail>()
  const faults = makeFaults()
  const login = makeLogin(options)
  const boxes = makeMailboxes(options, (mail) => {
    options.onAccepted?.(mail)
    PubSub.publishUnsafe(arrivals, mail)
  })
  const byStatus: Record<number, number> = {}
  const requests = { token: 0, sendMail: 0, messages: 0, byStatus }
  const sends: Array<Recorded> = []

  const route = (method: string, path: string): Route | undefined => {
    const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(path)?.[1]
    if (tenant !== undefined && method === "POST") {
      const admit = () => ({ leave: () => {} })
      const answer = (ask: Ask, body: Buffer) => login.token(ask, decodePath(tenant), body.toString("utf8"))
      return { at: "token", mailbox: undefined, admit, answer }
    }
    const [, user = "", action, item] =
      /^\/v1\.0\/users\/([^/]+)\/(sendMail|messages)(?:\/([^/]+)\/\$value)?$/.exec(path) ?? []
    const mailbox = decodePath(user).toLowerCase()
    const admit = (ask: Ask) => {
      const app = login.authorize(ask)
      return typeof app === "string" ? boxes.enter(ask, app, mailbox) : app
    }
    if (action === "sendMail" && item === undefined && method === "POST") {
      return { at: action, mailbox, admit, answer: (ask, body) => boxes.sendMail(ask, mailbox, body) }
    }
    const read = (ask: Ask) =>
      item === undefined ? boxes.messages(ask, mailbox) : boxes.source(ask, mailbox, decodePath(item))
    return action === "messages" && method === "GET" ? { at: action, mailbox, admit, answer: read } : undefined
  }

  const decide = async (
    route: Route,
    ask: Ask,
    request: IncomingMessage,
    refusal: Answer | undefined,
    send: Recorded | undefined
  ): Promise<Fate> => {
    const fault = refusal === undefined ? faults.take(route.at, route.mailbox) : undefined
    if (send !== undefined) send.fault = fault
    if (fault === "reset-before-read") return "reset"
    const body = await readBody(request).catch(() => undefined)
    // Whoever hung up gets no answer.
    if (body === undefined) return "hang"
    if (refusal !== undefined) return refusal
    if (fault === "hang") return "hang"
    const delay = standIn.latencyMillis + (typeof fault === "object" && "delayMillis" in fault ? fault.delayMillis : 0)
    if (delay > 0) await sleep(delay)
    if (typeof fault === "object" && "status" in fault) return faultAnswer(ask, route.at, fault)
    const answer = route.answer(ask, body)
    if (send !== undefined) send.accepted = answer.status === 202
    if (answer.status >= 300 || typeof fault !== "string") return answer
    if (fault === "reset-after-accept") return "reset"
    return fault === "hang-after-accept" ? "hang" : faultAnswer(ask, route.at, { status: 504 })
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const here = `http://${request.headers.host}`
    const url = new URL(`${here}${request.url ?? "/"}`)
    const clientRequestId = request.headers["client-request-id"]?.toString()
    const now = clock.currentTimeMillisUnsafe()
    const { headers } = request
    const ask = { origin: here, headers, query: url.searchParams, now, requestId: randomUUID(), clientRequestId }
    const found = route(request.method ?? "", url.pathname)
    if (found !== undefined) requests[found.at]++
    const send = found?.at === "sendMail" ? recorded(ask, found.mailbox) : undefined
    if (send !== undefined) sends.push(send)
    const admitted = found?.admit(ask) ?? graphError(ask, 404, "ResourceNotFound", "There is no such resource.")
    const leave = "leave" in admitted ? admitted.leave : () => {}
    // Whoever hangs up frees the place, too.
    response.once("close", () => {
      leave()
      if (send !== undefined) send.until = clock.currentTimeMillisUnsafe()
    })
    const refusal = "leave" in admitted ? undefined : admitted
    const fate =
      found === undefined
        ? refusal
        : await decide(found, ask, request, refusal, send).catch((bug: unknown) =>
            graphError(ask, 500, "StandInBroke", String(bug))
          )
    if (fate === undefined || fate === "hang") return
    // Before the answer: its reader may send the next request at once.
    leave()
    if (fate === "reset") return void request.socket.resetAndDestroy()
    byStatus[fate.status] = (byStatus[fate.status] ?? 0) + 1
    response.writeHead(fate.status, {
      "request-id": ask.requestId,
      ...(clientRequestId !== undefined && { "client-request-id": clientRequestId }),
      ...fate.headers
    })
    response.end(fate.body)
  }

  // Kept open for long: a server that closes idle connections at its own whim looks like a reset to its callers.
  const door = Effect.fnUntraced(function* (wanted?: number) {
    const server = createServer({ keepAliveTimeout: 300_000 }, (request, response) => void serve(request, response))
    return `http://127.0.0.1:${yield* Effect.orDie(listen(server, wanted))}`
  })
  const origin = yield* door(options.port)
  const others = yield* Effect.replicateEffect(door(), (options.doors ?? 1) - 1)

  const standIn: StandIn = {
    origin,
    origins: [origin, ...others],
    sends,
    mails: boxes.mails,
    faults,
    requests,
    maxInFlight: boxes.maxInFlight,
    awaitMails: Effect.fnUntraced(function* (count: number) {
      const arriving = yield* PubSub.subscribe(arrivals)
      while (boxes.mails.length < count) yield* PubSub.take(arriving)
      return [...boxes.mails]
    }, Effect.scoped),
    onMail: PubSub.subscribe(arrivals),
    forgetMails: () => void boxes.mails.splice(0),
    revokeTokens: login.revokeTokens,
    latencyMillis: 0
  }
  return standIn
})
