// The two measurements of a contestant: how long after its commit a row arrives as a mail at a calm pace, and how fast a
// burst is worked off.
import type { PgClient } from "@effect/sql-pg"
import { Clock, Effect } from "effect"
import type * as GraphStandIn from "../stage/GraphStandIn.ts"

export const pace = { rowsPerSecond: 50, rows: 500 }
/** Rows before a measurement, of both kinds: a program that runs for months has its machine code compiled and its connections up. */
const warmUp = { burst: 2_000, calm: 500 }

export interface Measured {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Rows a second. */
  readonly drain: number
  /** Seconds of processor time for 1,000 mails of the burst. */
  readonly cpu: number
  readonly rss: number
  /** Milliseconds from its start until it listens. */
  readonly up: number
}

/** When each row was accepted as a mail, by the number in its Reply-To; milliseconds of `performance.now`. */
export class Stopwatch {
  readonly arrivals = new Map<number, number>()
  readonly note = (raw: string): void => {
    const number = Number(/\bbench(\d+)@example\.com/.exec(raw)?.[1])
    if (!this.arrivals.has(number)) this.arrivals.set(number, performance.now())
  }
}

export const percentile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

const insertOne = (sql: PgClient.PgClient, n: number) =>
  sql`insert into inquiries (name, email, subject, message)
    values ('Jane Doe', ${`bench${n}@example.com`}, '2023 Honda Civic', 'Is it still for sale? I could come by on Saturday.')`

export const insertMany = (sql: PgClient.PgClient, from: number, count: number) =>
  sql`insert into inquiries (name, email, subject, message)
    select 'Jane Doe', 'bench' || n || '@example.com', '2023 Honda Civic', 'Is it still for sale? I could come by on Saturday.'
    from generate_series(${from}::integer, ${from + count - 1}::integer) n`

export interface Stage {
  readonly sql: PgClient.PgClient
  readonly standIn: GraphStandIn.StandIn
  readonly stopwatch: Stopwatch
}

/** Milliseconds from the commit of each row to its arrival. */
const latencies = Effect.fnUntraced(function* ({ sql, standIn, stopwatch }: Stage, from: number, rows: number) {
  const before = standIn.mails.length
  const commits = new Map<number, number>()
  const started = yield* Clock.currentTimeMillis
  for (let index = 0; index < rows; index++) {
    const due = started + (index * 1_000) / pace.rowsPerSecond
    yield* Effect.sleep(Math.max(0, due - (yield* Clock.currentTimeMillis)))
    yield* insertOne(sql, from + index)
    commits.set(from + index, performance.now())
  }
  yield* standIn.awaitMails(before + rows)
  // A mail can overtake the answer to the COMMIT that caused it.
  return [...commits].map(([n, at]) => Math.max(0, (stopwatch.arrivals.get(n) ?? Number.NaN) - at))
})

/** Measures a contestant that listens already. Rows are numbered from `from`. */
export const measure = Effect.fn("measure")(function* <E>(
  stage: Stage,
  from: number,
  burst: number,
  {
    cost,
    up
  }: { readonly cost: Effect.Effect<{ readonly cpu: number; readonly peak: number }, E>; readonly up: number }
) {
  const { sql, standIn, stopwatch } = stage
  const ready = standIn.mails.length
  yield* insertMany(sql, from, warmUp.burst)
  yield* standIn.awaitMails(ready + warmUp.burst)
  const calm = from + warmUp.burst
  yield* latencies(stage, calm, warmUp.calm)
  const waits = yield* latencies(stage, calm + warmUp.calm, pace.rows)

  const first = calm + warmUp.calm + pace.rows
  const before = standIn.mails.length
  const { cpu } = yield* cost
  yield* insertMany(sql, first, burst)
  const committed = performance.now()
  yield* standIn.awaitMails(before + burst)
  const after = yield* cost
  let last = 0
  for (let n = first; n < first + burst; n++) last = Math.max(last, stopwatch.arrivals.get(n) ?? 0)
  const measured: Measured = {
    p50: percentile(waits, 0.5),
    p95: percentile(waits, 0.95),
    p99: percentile(waits, 0.99),
    drain: burst / ((last - committed) / 1_000),
    cpu: ((after.cpu - cpu) / burst) * 1_000,
    rss: after.peak,
    up
  }
  return measured
})
