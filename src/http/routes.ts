// What can be asked for. Who may is decided first, so that nobody without the token learns even what there is.
import { DateTime, Effect, Result, SubscriptionRef } from "effect"
import { Operator } from "../Operator.ts"
import type { Outage } from "../State.ts"
import { Supervisor } from "../Supervisor.ts"
import { judge, type Token } from "./access.ts"
import { type Answer, type Asked, json, refusal, text } from "./Answer.ts"
import * as Attempts from "./Attempts.ts"
import * as Status from "./status.ts"

export interface Options {
  readonly token: Token
  readonly standings: Status.Standings
  /** In Prometheus' text format. */
  readonly metrics: Effect.Effect<string> | undefined
}

const reads = new Set(["GET", "HEAD"])
const changing = /^\/api\/databases\/([^/]+)\/(?:(pause|resume)|parked\/([^/]+)\/(retry|discard))$/
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

const decoded = (part: string): string | undefined => Result.getOrUndefined(Result.try(() => decodeURIComponent(part)))

/** Answers every request. Made once, because it remembers failed attempts and counts. */
export const make = Effect.fnUntraced(function* ({ metrics, standings, token }: Options) {
  const { statuses } = yield* Supervisor
  const operator = yield* Operator
  const countsOf = yield* Status.counts
  const attempts = Attempts.make()
  const startedAt = yield* DateTime.now
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
    const databases = yield* Effect.forEach(
      yield* fare,
      (one) => Effect.map(countsOf(one.name), (counts) => ({ ...one, counts })),
      { concurrency: "unbounded" }
    )
    return json(200, Status.documentOf(startedAt, yield* DateTime.now, databases))
  })

  const readable = new Map([
    ["/healthz", alive],
    ["/readyz", ready],
    ["/api/status", status],
    ...(metrics === undefined
      ? []
      : [["/metrics", Effect.map(metrics, (page) => text(page, "text/plain; version=0.0.4; charset=utf-8"))] as const])
  ])

  const change = Effect.fnUntraced(
    function* (name: string | undefined, action: string | undefined, id = "") {
      if (name === undefined || !(yield* SubscriptionRef.get(statuses)).has(name)) {
        return refusal(404, "no configured database has this name")
      }
      if (action === "pause" || action === "resume") return json(200, yield* operator[action](name))
      if (action !== "retry" && action !== "discard") return nothing
      const found = uuid.test(id) && (yield* operator[action](name, id))
      return found ? json(200, { done: true }) : refusal(404, "no parked notice of this database has this id")
    },
    Effect.catch(({ reason }: Outage) => Effect.succeed(refusal(503, `the database does not do it now: ${reason}`)))
  )

  return Effect.fn("Http.answer")(function* (asked: Asked) {
    const refused = yield* judge(asked, !reads.has(asked.method), token, attempts)
    if (refused !== undefined) return refused
    const read = readable.get(asked.path)
    if (read !== undefined) return reads.has(asked.method) ? yield* read : notAllowed("GET, HEAD")
    const write = changing.exec(asked.path)
    if (write === null) return nothing
    const [, name = "", toggle, id, verb] = write
    return asked.method === "POST" ? yield* change(decoded(name), toggle ?? verb, id) : notAllowed("POST")
  })
})

const nothing = refusal(404, "there is nothing under this path")

const notAllowed = (allow: string): Answer => refusal(405, `this path takes ${allow}`, { allow })
