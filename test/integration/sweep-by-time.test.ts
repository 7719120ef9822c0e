// The sweep of tables whose keys do not grow, by the column that says when a row was written.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { captured } from "../support/customer.ts"
import { disable, insert, stage } from "../support/sweep.ts"

const uuids =
  "create table inquiries (id uuid primary key default gen_random_uuid(), name text, created_at timestamptz default clock_timestamp())"

describe("a sweep of a table whose keys do not grow", () => {
  it.live("goes by the column that says when a row was written, and mails nothing from before", () =>
    Effect.gen(function* () {
      const { form, fresh, owner, prune, settle, sweep } = yield* stage(
        uuids,
        "insert into inquiries (created_at) select clock_timestamp() + n * interval '20 minutes' from generate_series(-5, 5) n"
      )
      const before = (yield* captured(fresh)).length
      yield* owner.query(disable)
      yield* form.query(insert)
      assert.deepInclude(yield* sweep(), { count: 1, outcome: "mailed" })
      yield* settle
      for (let n = 0; n < 3; n++) {
        yield* prune
        assert.deepInclude(yield* sweep(), { count: 0 })
      }
      assert.lengthOf(yield* captured(fresh), before + 1)
      assert.strictEqual(before, 5)
    })
  )

  it.live("reads times without a zone in the database's own, and takes pages of rows that were written at once", () =>
    Effect.gen(function* () {
      const { form, fresh, owner, sweep } = yield* stage(
        `create table inquiries (id text primary key default gen_random_uuid()::text, name text,
          created_at timestamp default (now() at time zone 'America/Toronto'))`,
        insert
      )
      yield* owner.query("insert into inquiries (name) select 'many' from generate_series(1, 1500)")
      yield* owner.query(disable)
      yield* form.query("insert into inquiries (name) select 'bulk' from generate_series(1, 2500)")
      assert.deepInclude(yield* sweep(), { count: 2500, outcome: "held" })
      assert.deepInclude(yield* sweep("approve"), { count: 2500, outcome: "mailed" })
      assert.lengthOf(new Set(yield* captured(fresh)), 4000)
      assert.lengthOf(yield* captured(fresh), 4000)
    })
  )

  it.live("keeps the notice of a row that is dated ahead, however long ago it was mailed", () =>
    Effect.gen(function* () {
      const { fresh, owner, prune, settle, sweep } = yield* stage(uuids)
      yield* owner.query("insert into inquiries (created_at) values (clock_timestamp() + interval '3 days')")
      yield* sweep()
      yield* settle
      // A day later.
      yield* fresh.admin`update inquiries_mailer.outbox set created_at = created_at - interval '1 day'`
      yield* prune
      assert.lengthOf(yield* captured(fresh), 1)
      assert.deepInclude(yield* sweep(), { count: 0 })
    })
  )

  it.live("is none where there is no such column", () =>
    Effect.gen(function* () {
      const { form, owner, sweep } = yield* stage(
        "create table inquiries (id text primary key default random(), name text)"
      )
      yield* owner.query(disable)
      yield* form.query(insert)
      assert.deepInclude(yield* sweep(), { unswept: "unordered", count: 0 })
    })
  )
})
