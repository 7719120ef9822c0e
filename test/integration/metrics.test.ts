// What a worker exports, and that docs/metrics.md says so.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Metric } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Backlog from "../../src/Backlog.ts"
import * as Connection from "../../src/Connection.ts"
import * as Gauges from "../../src/fleet/Gauges.ts"
import * as Metrics from "../../src/Metrics.ts"
import * as line from "../support/line.ts"
import { noting, stage } from "../support/outbox.ts"
import { silently } from "../support/quiet.ts"

/** Names and labels as the table of docs/metrics.md has them. */
const documented = [...readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(\w+)` +\| ([^|]*?) +\|/gm)].map(
  ([, name = "", labels = ""]) => [name, ...[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)].join(" ")
)

const exported = (text: string) =>
  [...text.matchAll(/^# TYPE inquiries_mailer_(\w+) (\w+)$/gm)].map(([, name = "", type]) => {
    const suffix = type === "histogram" ? "_count" : ""
    const [, labels = ""] = new RegExp(`^inquiries_mailer_${name}${suffix}(?:{(.*)})? `, "m").exec(text) ?? []
    return [name, ...[...labels.matchAll(/(\w+)="/g)].map(([, label]) => label)].join(" ")
  })

describe("a worker", () => {
  it.live("exports what docs/metrics.md lists, with those labels, and nothing else", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.inState(yield* line.start(database), "listening")
      yield* line.insertInquiries(admin, 3)
      yield* standIn.awaitMails(3)
      yield* line.allSettled(admin)
      // The loop is measured after half a second.
      yield* Effect.sleep("700 millis")
      // As where workers share the databases.
      yield* Gauges.set({ workers: 1, databases: 1, share: 1, sound: true })
      const text = yield* Metrics.exposition
      assert.isAtLeast(documented.length, 13)
      assert.sameMembers(exported(text), documented)
      assert.notInclude(text, "example.com")
      for (const sample of [
        'notices_total{database="autos",table="inquiries",outcome="sent"} 3',
        'commit_to_accepted_seconds_count{database="autos"} 3',
        'commit_to_accepted_seconds_bucket{database="autos",le="10"} 3',
        'graph_requests_total{operation="send",status="202"} 3',
        'token_fetches_total{result="issued"} 1',
        'database_state{database="autos",state="listening"} 1'
      ]) {
        assert.include(text, `inquiries_mailer_${sample}\n`)
      }
      const open = Number(/_connections{database="autos"} (\d+)/.exec(text)?.[1])
      const [row] = yield* admin<{ readonly count: number }>`
        select count(*)::integer as count from pg_stat_activity
        where application_name = 'inquiries-mailer' and datname = current_database()`
      assert.strictEqual(open, row?.count)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()), silently)
  )
})

describe("the look at a backlog", () => {
  it.live("counts what waits and what is parked along indexes, and stops at 10,000", () =>
    Effect.gen(function* () {
      const { admin, fresh } = yield* stage()
      yield* admin`insert into inquiries_mailer.tables (database_name, table_schema, table_name, key_column)
        select 'autos', 'public', n::text, 'id' from generate_series(1, 2) n`
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, case when n % 5000 = 0 then 'parked' else 'sent' end, clock_timestamp()
        from generate_series(1, 50000) n`
      yield* admin`analyze inquiries_mailer.outbox`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, created_at)
        select 2, n::text, clock_timestamp() - interval '1 hour' from generate_series(1, 12000) n`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const sql = Context.get(
        yield* Layer.build(Connection.once(line.databaseAt(fresh, "http://127.0.0.1:1").address)),
        SqlClient
      )
      const seen = yield* Effect.provideService(Backlog.look("autos", [1, 2]), SqlClient, noting(sql, statements))
      const [first, second] = seen.toSorted((a, b) => a.number - b.number)
      assert.deepInclude(first, { number: 1, waiting: 0, age: 0, parked: 10, undecided: 0, incidents: 0 })
      assert.deepInclude(second, { waiting: 10_000, parked: 0 })
      assert.strictEqual(Math.round((second?.age ?? 0) / 60), 60)
      assert.lengthOf(statements, 1)
      const [[statement, params]] = statements as [(typeof statements)[0]]
      const plan = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(`explain (analyze) ${statement}`, params)
      for (const { "QUERY PLAN": node } of plan) {
        const rows = /actual time.* rows=([\d.]+)|Removed by .*: (\d+)/.exec(node)
        assert.isAtMost(Number(rows?.[1] ?? rows?.[2] ?? 0), 10_000, node)
        assert.notInclude(node, "Seq Scan on outbox")
      }
    })
  )
})
