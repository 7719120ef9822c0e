// What the statements for bursts read, on a real PostgreSQL whose statistics are from an hour when nothing was unsettled: no
// more than they are for, in the middle of a wave.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Postgres from "../../scripts/stage/Postgres.ts"
import * as Connection from "../../src/Connection.ts"
import { burstStage, claimDigest } from "../support/burst.ts"
import { databaseAt, numbers } from "../support/line.ts"

describe("in the middle of a wave of 20,000 rows", () => {
  it.live("a claim decides what is new, and a digest is begun and settled, along indexes", () =>
    Effect.gen(function* () {
      // A server of its own: where others look at an older state, what is dead has to be read again and again.
      const { host, password, port, user } = yield* Postgres.start()
      const { add, admin, fresh, heeding, over } = yield* burstStage({
        ...{ host, port, user, password: Redacted.value(password) }
      })
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, 'sent', clock_timestamp() from generate_series(1, 20000) n`
      yield* admin`analyze inquiries_mailer.outbox`
      const work = yield* Layer.build(Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
      const sql = Context.get(work, SqlClient)
      const outbox = yield* heeding(sql)
      yield* add(1, ...numbers(40, 50_000).map(String))
      yield* outbox.claim(64)
      yield* over
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, burst, due_at)
        select 1, n::text, 'held', clock_timestamp() + interval '5 minutes' from generate_series(20001, 40000) n`
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent' where claim is not null`
      const read = Effect.gen(function* () {
        yield* sql`select pg_stat_force_next_flush()`
        const [sums] = yield* sql<{ readonly read: number; readonly scans: number }>`
          select (select sum(idx_tup_read)::integer from pg_stat_user_indexes where relname = 'outbox') as read,
            (select seq_scan::integer from pg_stat_user_tables where relname = 'outbox') as scans`
        return sums!
      })
      const before = yield* read
      const digest = yield* claimDigest(outbox)
      assert.lengthOf(yield* outbox.beginDigest(digest), 37)
      yield* outbox.settleDigest(digest, { outcome: "sent" })
      const after = yield* read
      assert.isAtMost(after.read - before.read, 1_000)
      assert.strictEqual(after.scans, before.scans)
    })
  )
})
