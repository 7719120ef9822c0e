// What the statements of the outbox read, on a real PostgreSQL: never more than they are for, whatever the planner was told.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { databaseAt, numbers } from "../support/line.ts"
import { inquiries, noting, stage } from "../support/outbox.ts"

describe("a claim", () => {
  it.live("finds its notices by an index, also among 100,000 that are settled", () =>
    Effect.gen(function* () {
      const { add, admin, seenBy } = yield* stage()
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1 + n % 2, n::text, 'sent', clock_timestamp() from generate_series(1, 100000) n`
      yield* add(1, ...numbers(20).map(String))
      yield* admin`vacuum analyze inquiries_mailer.outbox`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const outbox = yield* seenBy(noting(admin, statements))
      yield* outbox.claim(4)
      // The claim, and whether there is anything before the first.
      assert.lengthOf(statements, 2)
      for (const [statement, params] of statements) {
        const plan = yield* admin.unsafe<{ readonly "QUERY PLAN": string }>(`explain ${statement}`, params)
        const text = plan.map((row) => row["QUERY PLAN"]).join("\n")
        assert.match(text, /Index (Only )?Scan using outbox_due/)
        assert.notMatch(text, /Seq Scan on outbox/)
      }
    })
  )
})

describe("with statistics from an hour when nothing was unsettled", () => {
  it.live("a claim, a begun mark and the settlements read no more of a backlog than they are for", () =>
    Effect.gen(function* () {
      const { admin, fresh, seenBy } = yield* stage()
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, 'sent', clock_timestamp() from generate_series(1, 20000) n`
      yield* admin`analyze inquiries_mailer.outbox`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key)
        select 1, 'new ' || n from generate_series(1, 20000) n`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const work = yield* Layer.build(Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
      const sql = Context.get(work, SqlClient)
      const within = yield* inquiries(admin, 20_000)
      for (const tables of [[1], [1, 2]]) {
        const begins = yield* seenBy(noting(sql, statements), within, tables)
        assert.lengthOf((yield* begins.claim(8, 8)).notices, 8 / tables.length)
      }
      const outbox = yield* seenBy(noting(sql, statements))
      const [first, second] = (yield* outbox.claim(8)).notices
      yield* outbox.begin(first!)
      yield* outbox.settle(first!, { outcome: "sent" })
      yield* outbox.postpone(second!, { delay: undefined, spent: false, maybeSent: false, detail: "" })
      // Each of the three asked first whether there is anything.
      assert.lengthOf(statements, 9)
      for (const [statement, params] of statements) {
        const plan = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(`explain (analyze) ${statement}`, params)
        for (const { "QUERY PLAN": node } of plan) {
          const rows = /actual time.* rows=([\d.]+)|Removed by .*: (\d+)/.exec(node)
          assert.isAtMost(Number(rows?.[1] ?? rows?.[2] ?? 0), 20, node)
        }
      }
    })
  )
})

describe("with plans from when there were few notices", () => {
  it.live("a claim, a begun mark and a settlement read no more of a backlog than they are for", () =>
    Effect.gen(function* () {
      const { add, admin, fresh, seenBy } = yield* stage()
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      const work = yield* Layer.build(Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
      const sql = Context.get(work, SqlClient)
      const outbox = yield* seenBy(sql)
      const within = yield* inquiries(admin, 8)
      const [ofOne, ofSeveral] = [yield* seenBy(sql, within, [1]), yield* seenBy(sql, within)]
      const mailSome = Effect.gen(function* () {
        const [notice] = (yield* outbox.claim(4)).notices
        yield* outbox.begin(notice!)
        yield* outbox.settle(notice!, { outcome: "sent" })
        for (const begins of [ofOne, ofSeveral]) {
          const [begun] = (yield* begins.claim(4, 4)).notices
          yield* begins.settle(begun!, { outcome: "sent" })
        }
      })
      const read = Effect.gen(function* () {
        yield* sql`select pg_stat_force_next_flush()`
        const [sum] = yield* sql<{ readonly read: number }>`
          select sum(idx_tup_read)::integer as read from pg_stat_user_indexes where relname = 'outbox'`
        return sum!.read
      })
      yield* add(1, ...numbers(8).map(String))
      yield* admin`vacuum analyze inquiries_mailer.outbox`
      yield* mailSome
      yield* admin`insert into inquiries_mailer.outbox (table_number, key)
        select 1, 'new ' || n from generate_series(1, 20000) n`
      const before = yield* read
      yield* mailSome
      assert.isAtMost((yield* read) - before, 150)
    })
  )
})
