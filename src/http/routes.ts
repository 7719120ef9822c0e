// What can be asked for. Who may is decided first, so that nobody without the token learns even what there is; but for the
// status page itself, which is the same for everybody and asks for the token.
import { DateTime, Duration, Effect, Result, SubscriptionRef } from "effect"
import type { Look } from "../fleet/Look.ts"
import { Operator } from "../Operator.ts"
import type { Outage } from "../State.ts"
import { Supervisor } from "../Supervisor.ts"
import { judge, type Token } from "./access.ts"
import { type Answer, type Asked, json, refusal, text } from "./Answer.ts"
import * as Attempts from "./Attempts.ts"
import * as Board from "./Board.ts"
import * as Events from "./events.ts"
import { page } from "./page.ts"
import * as Status from "./status.ts"

export interface Options {
  readonly token: Token
  readonly standings: Status.Standings
  /** How often the status page may ask each database. */
  readonly paces: Board.Paces
  /** In Prometheus' text format. */
  readonly metrics: Effect.Effect<string> | undefined
  /** Who runs what, where workers share the databases. */
  readonly cluster?: Effect.Effect<Look> | undefined
}

/** However often it is asked for. */
const lookLasts = Duration.seconds(2)
const reads = new Set(["GET", "HEAD"])
const changing = /^\/api\/databases\/([^/]+)\/(?:(pause|resume)|parked\/([^/]+)\/(retry|discard))$/
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

const decoded = (part: string): string | undefined => Result.getOrUndefined(Result.try(() => decodeURIComponent(part)))

const parkedIn = /^\/api\/databases\/([^/]+)\/parked$/

/** Answers every request. Made once, because it remembers failed attempts and counts. */
export const make = Effect.fnUntraced(function* ({ cluster, metrics, paces, standings, token }: Options) {
  const { statuses } = yield* Supervisor
  const operator = yield* Operator
  const countsOf = yield* Status.counts
  const attempts = Attempts.make()
  const startedAt = yield* DateTime.now
  const looked = cluster === undefined ? Effect.undefined : yield* Effect.cachedWithTTL(cluster, lookLasts)
  const fare = Effect.flatMap(SubscriptionRef.get(statuses), (all) => Status.fare(all, standings))

  // Through a timer, as everything that waits here goes: a loop that does not turn answers nobody.
  const alive = Effect.as(Effect.sleep(1), json(200, { status: "alive" }))

  const ready = Effect.map(fare, (databases) =>
    json(databases.some(({ condition }) => condition === "down") ? 503 : 200, {
      condition: Status.overall(databases),
      databases: databases.map(({ condition, mailbox, name, reason, state }) => ({
        ...{ name, condition, state, reason },
        mailbox: mailbox?.standing ?? null
      }))
    })
  )

  const status = Effect.gen(function* () {
    const look = yield* looked
    const databases = yield* Effect.forEach(
      yield* fare,
      // Of what others run this worker asks nothing: all of them together would be asked once by each.
      (one) =>
        Effect.map(one.state === "elsewhere" ? Effect.succeed(null) : countsOf(one.name), (counts) => ({
          ...one,
          ...{ runBy: look?.runBy.get(one.name) ?? null, counts }
        })),
      { concurrency: "unbounded" }
    )
    return json(200, Status.documentOf(startedAt, yield* DateTime.now, databases, look?.cluster ?? null))
  })

  const board = yield* Board.make({ fare, count: Status.countNow(operator), paces })
  const hello = Effect.map(SubscriptionRef.get(statuses), ({ size }) => ({
    ...Status.worker(startedAt),
    databases: size,
    changeable: token !== undefined
  }))

  const readable = new Map<string, Effect.Effect<Answer>>([
    ...[...page].map(([path, file]) => [path, Effect.succeed(file)] as const),
    ["/api/events", Events.make(board, hello)],
    ["/healthz", alive],
    ["/readyz", ready],
    ["/api/status", status],
    ...(metrics === undefined
      ? []
      : [["/metrics", Effect.map(metrics, (page) => text(page, "text/plain; version=0.0.4; charset=utf-8"))] as const])
  ])

  const configured = (name: string | undefined): name is string =>
    name !== undefined && SubscriptionRef.getUnsafe(statuses).has(name)

  const parked = (name: string | undefined) =>
    configured(name)
      ? operator.parked(name, {}).pipe(
          Effect.map((found) => json(200, found)),
          Effect.catch(({ reason }) => Effect.succeed(refusal(503, `the database does not say it now: ${reason}`)))
        )
      : Effect.succeed(unknown)

  const done = <A>(name: string, work: Effect.Effect<A, Outage>) =>
    Effect.ensuring(
      work,
      Effect.sync(() => board.touch(name))
    )

  const change = Effect.fnUntraced(
    function* (name: string | undefined, action: string | undefined, id = "") {
      if (!configured(name)) return unknown
      if (action === "pause" || action === "resume") return json(200, yield* done(name, operator[action](name)))
      if (action !== "retry" && action !== "discard") return nothing
      const found = uuid.test(id) && (yield* done(name, operator[action](name, id)))
      return found ? json(200, { done: true }) : refusal(404, "no parked notice of this database has this id")
    },
    Effect.catch(({ reason }: Outage) => Effect.succeed(refusal(503, `the database does not do it now: ${reason}`)))
  )

  return Effect.fn("Http.answer")(function* (asked: Asked) {
    const reading = reads.has(asked.method)
    const file = page.get(asked.path)
    if (file !== undefined && reading && token !== undefined) return file
    const refused = yield* judge(asked, !reading, token, attempts)
    if (refused !== undefined) return refused
    const listed = parkedIn.exec(asked.path)?.[1]
    const read = listed === undefined ? readable.get(asked.path) : parked(decoded(listed))
    if (read !== undefined) return reading ? yield* read : notAllowed("GET, HEAD")
    if (asked.path === "/api/token") return asked.method === "POST" ? json(200, { right: true }) : notAllowed("POST")
    const write = changing.exec(asked.path)
    if (write === null) return nothing
    const [, name = "", toggle, id, verb] = write
    return asked.method === "POST" ? yield* change(decoded(name), toggle ?? verb, id) : notAllowed("POST")
  })
})

const nothing = refusal(404, "there is nothing under this path")
const unknown = refusal(404, "no configured database has this name")

const notAllowed = (allow: string): Answer => refusal(405, `this path takes ${allow}`, { allow })
