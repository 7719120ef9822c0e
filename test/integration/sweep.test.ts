// Rows that no trigger captured: what one sweep after another finds, and what it must never find.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { captured, migrateOne, session } from "../support/customer.ts"
import { disable, enable, insert, stage } from "../support/sweep.ts"

describe("a sweep", () => {
  it.live("finds once what a disabled trigger missed, and never what migrate found there", () =>
    Effect.gen(function* () {
      const { form, fresh, owner, sweep } = yield* stage(undefined, insert)
      yield* owner.query(disable)
      yield* form.query(insert)
      yield* owner.query(enable)
      yield* form.query(insert)
      assert.deepInclude(yield* sweep(), { count: 1, waiting: 0, outcome: "mailed" })
      assert.deepInclude(yield* sweep(), { count: 0 })
      assert.deepStrictEqual(yield* captured(fresh), ["1:3", "1:2"])
      const [row] = yield* fresh.admin`select bool_and(due_at is not null and
        created_at is not null and attempts = 0 and not maybe_sent and outcome is null and settled_at is null) as alike
        from inquiries_mailer.outbox`
      assert.deepStrictEqual(row, { alike: true })
    })
  )

  it.live("finds what came while the trigger was gone, also after migrate has put it back", () =>
    Effect.gen(function* () {
      const { form, fresh, migrate, owner, sweep } = yield* stage(undefined, insert)
      yield* owner.query("drop trigger inquiries_mailer_1 on inquiries")
      yield* form.query(insert)
      yield* migrate
      assert.deepInclude(yield* sweep(), { count: 1, outcome: "mailed" })
      assert.deepStrictEqual(yield* captured(fresh), ["1:2"])
    })
  )

  it.live("finds what the trigger gave up on because the outbox was locked", () =>
    Effect.gen(function* () {
      const { as, form, fresh, sweep } = yield* stage()
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("lock table inquiries_mailer.outbox in access exclusive mode")
      yield* form.query(insert)
      yield* other.query("rollback")
      assert.deepInclude(yield* sweep(), { count: 1, outcome: "mailed" })
      assert.deepStrictEqual(yield* captured(fresh), ["1:1"])
    })
  )

  it.live("goes past no row while a transaction that may hold a lower key is open, and finds it when it commits", () =>
    Effect.gen(function* () {
      const { as, form, fresh, goTo, owner, sweep, through } = yield* stage()
      yield* owner.query("alter table inquiries disable trigger inquiries_mailer_1")
      const late = yield* session(as.form)
      yield* late.query("begin")
      yield* late.query(insert)
      yield* late.query("select 1")
      yield* form.query("insert into inquiries (name) values ('b'), ('c')")
      const start = yield* through
      for (let n = 0; n < 3; n++) yield* sweep()
      assert.strictEqual(yield* through, start)
      assert.deepStrictEqual(yield* captured(fresh), ["1:2", "1:3"])
      yield* late.query("commit")
      assert.deepInclude(yield* sweep(), { count: 1, outcome: "mailed" })
      assert.deepStrictEqual(yield* captured(fresh), ["1:2", "1:3", "1:1"])
      yield* goTo("3")
    })
  )

  it.live("mails none of more than twenty, until it is approved", () =>
    Effect.gen(function* () {
      const { form, fresh, owner, sweep } = yield* stage()
      yield* owner.query(disable)
      yield* form.query("insert into inquiries (name) select 'bulk' from generate_series(1, 2100)")
      assert.deepInclude(yield* sweep(), { count: 2100, waiting: 2100, outcome: "held" })
      yield* form.query(insert)
      assert.deepInclude(yield* sweep(), { count: 2101, waiting: 2100, outcome: "held" })
      assert.deepInclude(yield* sweep("look"), { count: 2101, waiting: 2100 })
      assert.lengthOf(yield* captured(fresh), 0)
      assert.deepInclude(yield* sweep("approve"), { count: 2101, waiting: 0, outcome: "mailed" })
      assert.lengthOf(yield* captured(fresh), 2101)
      yield* form.query(insert)
      assert.deepInclude(yield* sweep(), { count: 1, waiting: 0, outcome: "mailed" })
    })
  )

  it.live("passes over what was dismissed, for ever", () =>
    Effect.gen(function* () {
      const { form, fresh, goTo, owner, prune, sweep } = yield* stage()
      yield* owner.query(disable)
      yield* form.query("insert into inquiries (name) select 'bulk' from generate_series(1, 21)")
      assert.deepInclude(yield* sweep("dismiss"), { count: 21, waiting: 0, outcome: "dismissed" })
      yield* prune
      assert.lengthOf(yield* captured(fresh), 21)
      yield* goTo("21")
      yield* prune
      assert.lengthOf(yield* captured(fresh), 0)
      assert.deepInclude(yield* sweep(), { count: 0 })
    })
  )

  it.live("mails exactly twenty unasked, whatever a decision says", () =>
    Effect.gen(function* () {
      const { form, fresh, owner, sweep } = yield* stage()
      yield* owner.query(disable)
      yield* form.query("insert into inquiries (name) select 'few' from generate_series(1, 20)")
      assert.deepInclude(yield* sweep("dismiss"), { count: 20, waiting: 0, outcome: "held" })
      assert.deepInclude(yield* sweep(), { count: 20, outcome: "mailed" })
      assert.lengthOf(yield* captured(fresh), 20)
    })
  )

  it.live("by one of several workers at once, and a row gets one notice", () =>
    Effect.gen(function* () {
      const { form, fresh, owner, sweep } = yield* stage()
      yield* owner.query(disable)
      yield* form.query("insert into inquiries (name) values ('a'), ('b'), ('c')")
      const all = yield* Effect.forEach([1, 2, 3, 4, 5, 6], () => sweep(), { concurrency: "unbounded" })
      assert.lengthOf(
        all.filter(({ count }) => count > 0),
        1
      )
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:2", "1:3"])
    })
  )

  it.live("looks at no key again that it has passed: one that is used again is its trigger's", () =>
    Effect.gen(function* () {
      const { form, fresh, goTo, owner, prune, settle, sweep } = yield* stage()
      yield* form.query("insert into inquiries (name) values ('a'), ('b')")
      yield* goTo("2")
      yield* settle
      yield* prune
      assert.lengthOf(yield* captured(fresh), 0)
      yield* owner.query("delete from inquiries where id = 2")
      yield* owner.query("insert into inquiries values (2, 'again')")
      assert.deepStrictEqual(yield* captured(fresh), ["1:2"])
      yield* owner.query("truncate inquiries restart identity")
      yield* form.query(insert)
      assert.deepInclude(yield* sweep(), { count: 0 })
      assert.deepStrictEqual(yield* captured(fresh), ["1:2", "1:1"])
    })
  )

  it.live("leaves alone what came while the table was not to be watched", () =>
    Effect.gen(function* () {
      const { database, form, migrate, sweep } = yield* stage()
      yield* migrateOne({ ...database, tables: [] })
      yield* form.query(insert)
      yield* migrate
      assert.deepInclude(yield* sweep(), { count: 0 })
    })
  )

  it.live("leaves a table that was made anew until migrate has noted what is there", () =>
    Effect.gen(function* () {
      const { form, fresh, formRole, migrate, owner, sweep } = yield* stage()
      yield* owner.query("drop table inquiries")
      yield* owner.query("create table inquiries (id serial primary key, name text)")
      yield* owner.query(`grant insert on inquiries to ${formRole}`)
      yield* owner.query(`grant usage on sequence inquiries_id_seq to ${formRole}`)
      yield* form.query(insert)
      assert.deepInclude(yield* sweep(), { unswept: "unknown", count: 0 })
      yield* migrate
      assert.deepInclude(yield* sweep(), { count: 0 })
      assert.lengthOf(yield* captured(fresh), 0)
    })
  )
})
