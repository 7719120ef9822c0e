// What a claim, a begun mark, a settlement and the customer's INSERT cost while settled notices pile up, and while a
// backlog does: medians of the worker's own statements, in its own session, on one connection.
import type { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import type { Address } from "../../src/Database.ts"
import { Outbox } from "../../src/Outbox.ts"
import { type Findings, ratio } from "./bars.ts"
import { percentile } from "./measure.ts"

/** What the worker claims at once. */
const batch = 16
/** What it begins and settles at once. */
const group = 4
const rounds = 200
/** Rows added by one statement. */
const chunk = 250_000
const stillUnsettled = "bench backlog "

export interface Point {
  readonly rows: number
  /** Milliseconds, all of them. */
  readonly claim: number
  readonly begin: number
  readonly settle: number
  readonly insert: number
}

export interface Curves {
  readonly settled: ReadonlyArray<Point>
  readonly backlog: ReadonlyArray<Point>
  /** How PostgreSQL ran the claim when there was most of what is settled. */
  readonly plan: string
}

interface Stage {
  readonly admin: PgClient.PgClient
  readonly address: Address
  readonly number: number
  readonly say: (line: string) => Effect.Effect<void>
}

/** Each measurement takes what it claims out of the queue again, so that the number of rows stays what it says. */
export const curves = Effect.fn("curves")(function* (
  stage: Stage,
  settled: ReadonlyArray<number>,
  backlog: ReadonlyArray<number>
) {
  const { admin, number, say } = stage
  const session = yield* Layer.build(Connection.once(stage.address))
  const outbox = Context.get(yield* Layer.build(Outbox.layer([number])).pipe(Effect.provide(session)), Outbox)
  const measured = measure(stage, outbox)

  const points: Array<Point> = []
  let rows = 0
  for (const goal of settled) {
    for (; rows < goal; rows += chunk) {
      if (rows % 1_000_000 === 0) yield* say(`${rows.toLocaleString("en")} settled rows …`)
      yield* admin`
        insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select ${number}::integer, n::text, 'sent', clock_timestamp()
        from generate_series(${rows}::integer, ${Math.min(goal, rows + chunk) - 1}::integer) n`
    }
    rows = goal
    yield* admin`vacuum analyze inquiries_mailer.outbox`
    points.push(yield* measured(goal))
  }
  const plan = yield* claimPlan(number).pipe(Effect.provide(session))

  const waiting: Array<Point> = []
  let queued = 0
  for (const goal of backlog) {
    yield* say(`${goal.toLocaleString("en")} waiting …`)
    yield* admin`
      insert into inquiries_mailer.outbox (table_number, key)
      select ${number}::integer, ${stillUnsettled} || n from generate_series(${queued + 1}::integer, ${goal}::integer) n`
    queued = goal
    waiting.push(yield* measured(goal))
  }
  return { settled: points, backlog: waiting, plan } satisfies Curves
})

const measure = ({ admin, number }: Stage, outbox: Outbox["Service"]) =>
  Effect.fnUntraced(function* (rows: number) {
    const times = { claim: [] as Array<number>, begin: [] as Array<number>, settle: [] as Array<number> }
    const inserts: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      const insert = yield* timed(admin`
        insert into inquiries (name, email, subject, message)
        values ('Jane Doe', 'jane@example.com', '2023 Honda Civic', 'Is it still for sale?')`)
      inserts.push(insert.millis)
      yield* admin`
        insert into inquiries_mailer.outbox (table_number, key, due_at)
        select ${number}::integer, gen_random_uuid()::text, clock_timestamp() - interval '1 hour' from generate_series(1, ${batch}::integer)`
      const claim = yield* timed(outbox.claim(batch))
      const { notices } = claim.value
      const some = notices.slice(0, group)
      const each = { concurrency: group, discard: true } as const
      const begin = yield* timed(Effect.forEach(some, outbox.begin, each))
      const settle = yield* timed(Effect.forEach(some, (notice) => outbox.settle(notice, { outcome: "sent" }), each))
      yield* Effect.forEach(notices.slice(group), (notice) => outbox.settle(notice, { outcome: "sent" }), {
        concurrency: batch
      })
      times.claim.push(claim.millis)
      times.begin.push(begin.millis)
      times.settle.push(settle.millis)
    }
    const point: Point = {
      rows,
      claim: percentile(times.claim, 0.5),
      begin: percentile(times.begin, 0.5),
      settle: percentile(times.settle, 0.5),
      insert: percentile(inserts, 0.5)
    }
    return point
  })

const timed = Effect.fnUntraced(function* <A, E, R>(work: Effect.Effect<A, E, R>) {
  const started = performance.now()
  const value = yield* work
  return { value, millis: performance.now() - started }
})

/** The claim was prepared in this session, and is executed once more. */
const claimPlan = Effect.fnUntraced(function* (number: number) {
  const sql = yield* SqlClient
  const [prepared] = yield* sql<{ readonly name: string; readonly types: ReadonlyArray<string> }>`
    select name, parameter_types::text[] as types from pg_prepared_statements where statement like '%due as materialized%'
      and statement not like '%pg_prepared%'`
  if (prepared === undefined) return "the claim was not prepared"
  const values = prepared.types.map((type) =>
    type.endsWith("[]") ? `'{${number}}'` : type === "bigint" ? `${batch}` : "30000"
  )
  const lines = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(
    `explain (costs off) execute "${prepared.name}"(${values.join(", ")})`
  )
  return lines.map((line) => line["QUERY PLAN"]).join("\n")
})

export const show = ({ backlog, plan, settled }: Curves): string => {
  const cells = ({ begin, claim, insert, settle }: Point) =>
    [claim, begin, settle, insert].map((value) => value.toFixed(2))
  const rows = (points: ReadonlyArray<Point>) =>
    points.map((point) => `| ${[point.rows.toLocaleString("en").padStart(12), ...cells(point)].join(" | ")} |`)
  const head = (name: string) => [
    `| ${name.padStart(12)} | claim of ${batch} | begin ${group} | settle ${group} | customer's INSERT |`,
    "|--:|--:|--:|--:|--:|"
  ]
  return [...head("settled"), ...rows(settled), "", ...head("waiting"), ...rows(backlog), "", plan].join("\n")
}

const steepness = (points: ReadonlyArray<Point>) => {
  const claims = points.map(({ claim }) => claim)
  return ratio(Math.max(...claims), Math.min(...claims))
}

export const findings = ({ backlog, settled }: Curves): Findings => ({
  claimSettled: steepness(settled),
  claimWaiting: steepness(backlog)
})
