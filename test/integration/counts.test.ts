// What is counted in a database, and what counting costs.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { count, countLimit } from "../../src/Counts.ts"
import { DatabaseName } from "../../src/Database.ts"
import { list } from "../../src/Parked.ts"
import * as line from "../support/line.ts"
import { noting } from "../support/outbox.ts"

const name = DatabaseName.make("autos")

const prepared = Effect.gen(function* () {
  const { admin, database } = yield* line.stage()
  const sql = Context.get(yield* Layer.build(Connection.once(database.address)), SqlClient)
  return { admin, sql }
})

describe("the counts of a database", () => {
  it.live("tell what waits, what was parked for which reason, and the last day's outcomes", () =>
    Effect.gen(function* () {
      const { admin, sql } = yield* prepared
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, detail, settled_at, created_at, maybe_sent)
        values (1, '1', null, null, null, now() - interval '90 seconds', true), (1, '2', null, null, null, now(), false),
          (1, '3', 'parked', 'crashes: five', now() - interval '3 days', now(), false),
          (1, '4', 'parked', 'Microsoft Graph answered 413', now() - interval '2 days', now(), false),
          (1, '5', 'sent', null, now() - interval '25 hours', now(), false),
          (1, '6', 'sent', null, '2026-01-01T10:00:00Z', now(), false),
          (1, '7', 'gone', null, now() - interval '2 hours', now(), false),
          (1, '8', 'sent', null, now() - interval '1 hours', now(), false), (77, '9', null, null, null, now(), false)`
      const counts = yield* count(name).pipe(Effect.provideService(SqlClient, sql))
      const { lastSentAt, oldestWaitingSeconds, recent, ...rest } = counts
      assert.deepStrictEqual(rest, {
        ...{ source: "outbox", pausedSince: null, waiting: 2, held: 0, uncertain: 1, sent: 1, gone: 1 },
        parked: { crashes: 1, rejected: 1 }
      })
      assert.isAtLeast(oldestWaitingSeconds ?? 0, 90)
      assert.isBelow(oldestWaitingSeconds ?? 0, 150)
      assert.strictEqual(lastSentAt, recent[0]?.at)
      assert.deepStrictEqual(
        recent.map(({ key, outcome, table }) => `${table} ${key} ${outcome}`),
        ["8 sent", "7 gone", "5 sent", "4 parked", "3 parked", "6 sent"].map((each) => `public.inquiries ${each}`)
      )
      const none = yield* count(DatabaseName.make("another")).pipe(Effect.provideService(SqlClient, sql))
      assert.deepInclude(none, { waiting: 0, oldestWaitingSeconds: null, sent: 0, lastSentAt: null, recent: [] })
    })
  )

  it.live("read along indexes, and no more than 10,000 notices each, though the statistics know of none", () =>
    Effect.gen(function* () {
      const { admin, sql } = yield* prepared
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      yield* admin`analyze inquiries_mailer.outbox`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, case n % 4 when 0 then null when 1 then 'parked' else 'dismissed' end, now() - n * interval '1 s'
        from generate_series(1, 60000) n`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const counts = yield* count(name).pipe(Effect.provideService(SqlClient, noting(sql, statements)))
      assert.deepInclude(counts, { waiting: countLimit, parked: { rejected: countLimit }, sent: 0, lastSentAt: null })
      for (const [statement, params] of statements) {
        const plan = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(`explain (analyze) ${statement}`, params)
        const text = plan.map((row) => row["QUERY PLAN"]).join("\n")
        assert.notMatch(text, /Seq Scan on outbox|Sort Key: outbox\.due_at/)
        for (const [, rows] of text.matchAll(/actual time.* rows=([\d.]+)/g)) {
          assert.isAtMost(Number(rows), countLimit, text)
        }
        for (const [, removed] of text.matchAll(/Removed by .*: (\d+)/g))
          assert.isAtMost(Number(removed), countLimit, text)
      }
      assert.isAtLeast(statements.length, 5)
    })
  )

  it.live("and the list of what was parked show a key that is text as its hash", () =>
    Effect.gen(function* () {
      const { admin, sql } = yield* prepared
      yield* admin`alter table inquiries alter column id type text`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        values (1, 'jane@example.com', 'parked', now())`
      const { recent } = yield* count(name).pipe(Effect.provideService(SqlClient, sql))
      const { notices } = yield* list(name, {}).pipe(Effect.provideService(SqlClient, sql))
      for (const { key } of [...recent, ...notices]) assert.match(key, /^sha256:[0-9a-f]{12}$/)
      assert.lengthOf([...recent, ...notices], 2)
    })
  )
})
