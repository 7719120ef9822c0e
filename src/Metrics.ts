// What the worker counts and measures, under names that stay: docs/metrics.md lists them all. Labels come from the settings and
// from short lists, never from a row, so that no series is personal and their number has a bound.
import { Clock, Duration, Effect, Layer, Metric, SubscriptionRef } from "effect"
import { PrometheusMetrics } from "effect/observability"
import type { Database } from "./Database.ts"
import { showTable } from "./Database.ts"
import { Connections, type Request } from "./Mailer/Connections.ts"
import * as Socket from "./Socket.ts"
import type { State, Status } from "./State.ts"

const outcomes = ["sent", "postponed", "parked", "gone", "superseded"] as const
export type Outcome = (typeof outcomes)[number]

/** Everything, as Prometheus reads it. */
export const exposition: Effect.Effect<string> = PrometheusMetrics.format()

type Labels = Readonly<Record<string, string>>

/** One series for each set of labels, made once: what is counted for every mail must cost nothing. */
const series = <M>(make: (attributes: Labels) => M) => {
  const made = new Map<string, M>()
  return (labels: Labels): M => {
    const key = Object.values(labels).join("\n")
    const known = made.get(key) ?? make(labels)
    made.set(key, known)
    return known
  }
}

const counters = (name: string, description: string) =>
  series((attributes) => Metric.counter(`inquiries_mailer_${name}`, { description, attributes, incremental: true }))

const gauges = (name: string, description: string) =>
  series((attributes) => Metric.gauge(`inquiries_mailer_${name}`, { description, attributes }))

const notices = counters("notices_total", "What became of notices; postponed ones come up again")
const throttles = counters("throttles_total", "Sends put off because Microsoft asked to slow down")
const tokens = counters("token_fetches_total", "Requests for an access token, by result")
const requests = counters("graph_requests_total", "Requests to Microsoft Graph, by status")
const reconnects = counters("reconnects_total", "Starts of a database's monitor after the first")
const crashes = counters("crashes_total", "Crashes of a database's monitor")
const states = gauges("database_state", "1 for the state that a database is in")
const connections = gauges("connections", "Open connections to a database")
const waiting = gauges("backlog", "Notices that are not settled, counted up to 10,000 a table")
const age = gauges("backlog_age_seconds", "Age of the oldest of them")
const parkedNow = gauges("parked", "Notices that are parked, counted up to 10,000 a table")

const accepted = series((attributes) =>
  Metric.histogram("inquiries_mailer_commit_to_accepted_seconds", {
    description: "From a row's INSERT until Microsoft accepted its mail",
    attributes,
    boundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 86_400]
  })
)

const loopDelay = Metric.histogram("inquiries_mailer_loop_delay_seconds", {
  description: "How late a timer of the process fired",
  boundaries: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
})

/** Series that are ready to be counted in. */
export interface Meter {
  readonly outcomes: Readonly<Record<Outcome, Metric.Counter<number>>>
  readonly accepted: Metric.Histogram<number>
  readonly throttles: Metric.Counter<number>
}

const meterOf = series(({ database = "", table = "" }): Meter => {
  const outcome = (outcome: Outcome) => notices({ database, table, outcome })
  return {
    outcomes: {
      sent: outcome("sent"),
      postponed: outcome("postponed"),
      parked: outcome("parked"),
      gone: outcome("gone"),
      superseded: outcome("superseded")
    },
    accepted: accepted({ database }),
    throttles: throttles({ database })
  }
})

/** What is counted and measured of the notices of one table. */
export const meter = (database: Pick<Database, "name">, table: Database["tables"][number]): Meter =>
  meterOf({ database: database.name, table: showTable(table.name) })

/** `Metric.update` in one step of the fiber instead of three, for what is counted of every mail. */
export const note = <Input>(metric: Metric.Metric<Input, unknown>, input: Input): Effect.Effect<void> =>
  Effect.withFiberSucceed((fiber) => metric.updateUnsafe(input, fiber.context))

/** The same for the seconds from `since`, in epoch milliseconds, until now. */
export const noteSince = (metric: Metric.Metric<number, unknown>, since: number): Effect.Effect<void> =>
  Effect.withFiberSucceed((fiber) => {
    const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    metric.updateUnsafe((now - since) / 1_000, fiber.context)
  })

/** How many mails of this database this process has sent. */
export const sent = Effect.fnUntraced(function* ({ name, tables }: Pick<Database, "name" | "tables">) {
  let all = 0
  for (const table of tables) all += (yield* Metric.value(meter({ name }, table).outcomes.sent)).count
  return all
})

export interface Backlog {
  readonly waiting: number
  /** Seconds; zero if nothing waits. */
  readonly age: number
  readonly parked: number
}

export const setBacklog = Effect.fnUntraced(function* (database: string, backlog: Backlog) {
  yield* Metric.update(waiting({ database }), backlog.waiting)
  yield* Metric.update(age({ database }), backlog.age)
  yield* Metric.update(parkedNow({ database }), backlog.parked)
})

/** The same connections to login and Graph; what goes over them is counted. */
export const counting = <E, R>(inner: Layer.Layer<Connections, E, R>): Layer.Layer<Connections, E, R> =>
  Layer.effect(
    Connections,
    Effect.gen(function* () {
      const { request } = yield* Connections
      const context = yield* Effect.context()
      return {
        request: (asked, time) =>
          Effect.onExitPrimitive(request(asked, time), (exit) => {
            counterOf(asked, exit._tag === "Success" ? exit.value.status : 0).updateUnsafe(1, context)
            return undefined
          })
      }
    })
  ).pipe(Layer.provide(inner))

const counterOf = ({ body, url }: Request, status: number) => {
  if (url.includes("/oauth2/v2.0/token")) {
    const result = status === 200 ? "issued" : status >= 400 && status < 500 && status !== 429 ? "refused" : "failed"
    return tokens({ result })
  }
  return requests({ operation: body === undefined ? "search" : "send", status: statusLabel(status) })
}

const common = new Set([200, 202, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504])

/** A proxy may make up any number; `none` is no answer at all. */
const statusLabel = (status: number): string =>
  common.has(status) ? String(status) : status === 0 ? "none" : `${Math.floor(status / 100)}xx`

const stateNames: Readonly<Record<State["_tag"], true>> = {
  connecting: true,
  listening: true,
  polling: true,
  paused: true,
  elsewhere: true,
  waiting: true,
  blocked: true,
  quarantined: true
}

const tick = Duration.millis(500)

/** Registers what is read when somebody asks, sets what has not happened yet to zero, and measures the loop's delay. */
export const observe = Effect.fnUntraced(function* (
  databases: ReadonlyArray<Database>,
  statuses: SubscriptionRef.SubscriptionRef<ReadonlyMap<string, Status>>
) {
  const context = yield* Effect.context()
  const ignored = { update: () => {}, modify: () => {} }
  for (const { address, name: database, tables } of databases) {
    for (const table of tables) {
      const { accepted, outcomes, throttles } = meter({ name: database }, table)
      for (const made of [accepted, throttles, ...Object.values(outcomes)]) made.valueUnsafe(context)
    }
    const status = () => SubscriptionRef.getUnsafe(statuses).get(database)
    const gauge = (metric: Metric.Gauge<number>, value: () => number) =>
      Metric.registerUnsafe(metric, context, { ...ignored, get: () => ({ value: value() }) })
    const counter = (metric: Metric.Counter<number>, count: () => number) =>
      Metric.registerUnsafe(metric, context, { ...ignored, get: () => ({ count: count(), incremental: true }) })
    for (const state of Object.keys(stateNames)) {
      gauge(states({ database, state }), () => (status()?.state._tag === state ? 1 : 0))
    }
    gauge(connections({ database }), () => Socket.count(address))
    counter(reconnects({ database }), () => status()?.restarts ?? 0)
    counter(crashes({ database }), () => status()?.allCrashes ?? 0)
  }
  for (const result of ["issued", "refused", "failed"]) tokens({ result }).valueUnsafe(context)
  requests({ operation: "send", status: "202" }).valueUnsafe(context)
  const measure = Effect.gen(function* () {
    const before = yield* Clock.monotonicTimeNanos
    yield* Effect.sleep(tick)
    const took = Number((yield* Clock.monotonicTimeNanos) - before) / 1e9
    yield* Metric.update(loopDelay, Math.max(0, took - Duration.toSeconds(tick)))
  })
  yield* Effect.forkScoped(Effect.forever(measure))
})
