// The two measurements of contestants: how long after its commit a row arrives as a mail at a calm pace, and how fast a burst is
// worked off. For the first of them they take turns by the second, because machines are faster in one minute than in the next.
import type { PgClient } from "@effect/sql-pg"
import { Clock, Effect } from "effect"
import type * as GraphStandIn from "../stage/GraphStandIn.ts"

/** `turn` rows come one after another before another contestant has its turn. */
export const pace = { rowsPerSecond: 50, rows: 500, turn: 50 }
/** Rows before a measurement, of both kinds: a program that runs for months has its machine code compiled and its connections up. */
const warmUp = { burst: 2_000, calm: 500 }

export interface Measured {
  /** Milliseconds from the commit of a row to its arrival. */
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
  #next = 1
  readonly arrivals = new Map<number, number>()
  /** Numbers for so many rows that are to come: the first of them. */
  readonly numbers = (count: number): number => {
    const first = this.#next
    this.#next += count
    return first
  }
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
  readonly standIn: GraphStandIn.StandIn
  readonly stopwatch: Stopwatch
}

/** A contestant that listens, and whose table gets the rows. */
export interface Listening {
  readonly name: string
  readonly sql: PgClient.PgClient
  readonly cost: Effect.Effect<{ readonly cpu: number; readonly peak: number }>
  /** Milliseconds from its start. */
  readonly up: number
}

/** Milliseconds from the commit of each row to its arrival. */
const oneByOne = Effect.fnUntraced(function* ({ standIn, stopwatch }: Stage, sql: PgClient.PgClient, rows: number) {
  const from = stopwatch.numbers(rows)
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

/** How long each row of each contestant waits. */
const inTurn = Effect.fnUntraced(function* (stage: Stage, contestants: ReadonlyArray<Listening>, rows: number) {
  const all = contestants.map((contestant) => [contestant, new Array<number>()] as const)
  for (let done = 0; done < rows; done += pace.turn) {
    for (const [{ sql }, waits] of all) {
      waits.push(...(yield* oneByOne(stage, sql, Math.min(pace.turn, rows - done))))
    }
  }
  return all
})

/** Milliseconds from the commit of so many rows until the last of them has arrived. */
const drained = Effect.fnUntraced(function* ({ standIn, stopwatch }: Stage, sql: PgClient.PgClient, rows: number) {
  const from = stopwatch.numbers(rows)
  const before = standIn.mails.length
  yield* insertMany(sql, from, rows)
  const committed = performance.now()
  yield* standIn.awaitMails(before + rows)
  let last = 0
  for (let n = from; n < from + rows; n++) last = Math.max(last, stopwatch.arrivals.get(n) ?? 0)
  standIn.forgetMails()
  return last - committed
})

/** Measures all of them; what is found of each goes by its name. */
export const measure = Effect.fn("measure")(function* (
  stage: Stage,
  contestants: ReadonlyArray<Listening>,
  burst: number
) {
  for (const { sql } of contestants) yield* drained(stage, sql, warmUp.burst)
  yield* inTurn(stage, contestants, warmUp.calm)
  const found = new Map<string, Measured>()
  for (const [{ cost, name, sql, up }, waits] of yield* inTurn(stage, contestants, pace.rows)) {
    const { cpu } = yield* cost
    const took = yield* drained(stage, sql, burst)
    const after = yield* cost
    found.set(name, {
      p50: percentile(waits, 0.5),
      p95: percentile(waits, 0.95),
      p99: percentile(waits, 0.99),
      drain: burst / (took / 1_000),
      cpu: ((after.cpu - cpu) / burst) * 1_000,
      rss: after.peak,
      up
    })
  }
  return found
})
