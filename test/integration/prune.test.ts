// What is deleted from the outbox, and what is not, on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { prune } from "../../src/Prune.ts"
import { session } from "../support/customer.ts"
import { databaseAt } from "../support/line.ts"
import { noting, stage } from "../support/outbox.ts"

const month = Duration.days(30)

const prepared = Effect.gen(function* () {
  const { admin, fresh, seenBy } = yield* stage()
  const work = yield* Layer.build(Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
  const sql = Context.get(work, SqlClient)
  const settled = (table: number, days: number, outcome: string | null, ...keys: ReadonlyArray<string>) =>
    admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
      select ${table}::integer, key, nullif(${outcome ?? ""}, ''), clock_timestamp() - ${days}::integer * interval '1 day'
      from unnest(${keys}::text[]) key`
  const left = Effect.map(
    admin<{ readonly key: string }>`select key from inquiries_mailer.outbox order by key`,
    (rows) => rows.map(({ key }) => key)
  )
  return { admin, fresh, left, seenBy, settled, sql }
})

describe("a pass of pruning", () => {
  it.live("deletes what was settled before the retention, whatever its outcome, in its own tables alone", () =>
    Effect.gen(function* () {
      const { left, settled, sql } = yield* prepared
      yield* settled(1, 31, "sent", "old")
      yield* settled(2, 31, "parked", "old parked")
      yield* settled(1, 29, "sent", "young")
      yield* settled(3, 31, "sent", "somebody else's")
      yield* settled(1, 31, null, "put back into the queue")
      assert.strictEqual(yield* prune([1, 2], month).pipe(Effect.provideService(SqlClient, sql)), 2)
      assert.deepStrictEqual(yield* left, ["put back into the queue", "somebody else's", "young"])
    })
  )

  it.live("goes on until nothing is left, at most 1,000 notices a statement", () =>
    Effect.gen(function* () {
      const { admin, left, sql } = yield* prepared
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, 'sent', clock_timestamp() - interval '40 days' from generate_series(1, 2500) n`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const deleted = yield* prune([1], month).pipe(Effect.provideService(SqlClient, noting(sql, statements)))
      assert.strictEqual(deleted, 2500)
      assert.lengthOf(statements, 3)
      assert.deepStrictEqual(yield* left, [])
    })
  )

  it.live("keeps what the sweep still needs: notices above the watermark, or whose row may be", () =>
    Effect.gen(function* () {
      const { admin, left, settled, sql } = yield* prepared
      yield* admin`insert into inquiries_mailer.tables
          (database_name, table_schema, table_name, key_column, swept_by, swept_through)
        values ('autos', 'public', 'by key', 'id', 'key', '9'),
          ('autos', 'public', 'by time', 'id', 'time', (clock_timestamp() + interval '3 hours')::text)`
      yield* settled(1, 31, "sent", "9", "10")
      yield* settled(2, 31, "sent", "swept", "ahead", "late")
      yield* admin`update inquiries_mailer.outbox set row_time = created_at + interval '2 hours' where key = 'ahead'`
      // The sweep looks back an hour, at rows that may say a time an hour after their notice.
      yield* admin`update inquiries_mailer.outbox set created_at = created_at + interval '90 minutes'
          where key = 'late'`
      assert.strictEqual(yield* prune([1, 2], month).pipe(Effect.provideService(SqlClient, sql)), 2)
      assert.deepStrictEqual(yield* left, ["10", "ahead", "late"])
    })
  )

  it.live("passes over a notice that somebody is putting back into the queue", () =>
    Effect.gen(function* () {
      const { fresh, left, settled, sql } = yield* prepared
      yield* settled(1, 31, "parked", "put back")
      yield* settled(1, 31, "sent", "old")
      const operator = yield* session(fresh)
      yield* operator.query("begin")
      yield* operator.query("update inquiries_mailer.outbox set outcome = null where key = 'put back'")
      const pass = prune([1], month).pipe(Effect.provideService(SqlClient, sql), Effect.timeout("2 seconds"))
      assert.strictEqual(yield* pass, 1)
      yield* operator.query("commit")
      assert.strictEqual(yield* pass, 0)
      assert.deepStrictEqual(yield* left, ["put back"])
    })
  )

  it.live("walks along indexes, and reads no more rows than it deletes, though the statistics know of none", () =>
    Effect.gen(function* () {
      const { admin, sql } = yield* prepared
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      yield* admin`analyze inquiries_mailer.outbox`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, 'sent', clock_timestamp() from generate_series(1, 20000) n`
      yield* admin`update inquiries_mailer.outbox set settled_at = settled_at - interval '40 days'
        where key::integer <= 20`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      yield* prune([1], Duration.days(41)).pipe(Effect.provideService(SqlClient, noting(sql, statements)))
      const [[statement, params] = assert.fail("no statement")] = statements
      const plan = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(
        `explain (analyze) ${statement}`,
        params.map((param) => (param === Duration.toMillis(Duration.days(41)) ? Duration.toMillis(month) : param))
      )
      const text = plan.map((row) => row["QUERY PLAN"]).join("\n")
      assert.match(text, /Index Scan using outbox_settled/)
      assert.match(text, /Tid Scan on outbox/)
      for (const [, rows, removed] of text.matchAll(/actual time.* rows=([\d.]+)|Removed by .*: (\d+)/g)) {
        assert.isAtMost(Number(rows ?? removed ?? 0), 20, text)
      }
    })
  )
})
