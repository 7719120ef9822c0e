// Which row takes the claim that a worker has left ahead, and that no row is the worse for it.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { leaving, taken, waiting } from "../support/ahead.ts"
import { promptly, session } from "../support/customer.ts"

/** By the server's own clock, and again where the machine was slow. */
const withTries = (insert: Effect.Effect<unknown>) => Effect.retry(Effect.sandbox(insert), { times: 4 })

describe("a row that comes alone", () => {
  it.live(
    "takes the claim: it is begun with its own INSERT, for a minute, under the identity that was left for it",
    () =>
      Effect.gen(function* () {
        const { ahead, fresh, heard, insert } = yield* leaving()
        yield* ahead.leave
        yield* insert("a")
        const [notice] = yield* fresh.admin<{ readonly same: boolean; readonly left: string }>`
        select o.id = a.notice and o.claim = a.claim and a.taken and abs(extract(epoch from o.begun_at - o.created_at)) < 1
          and abs(extract(epoch from o.first_attempt_at - o.created_at)) < 1
          and abs(extract(epoch from o.due_at - o.created_at) - 60) < 1 as same, a.notice::text as left
        from inquiries_mailer.outbox o, inquiries_mailer.ahead a`
        assert.isTrue(notice!.same)
        assert.deepStrictEqual(yield* heard, [`{"table":"public.inquiries","id":1,"notice":"${notice!.left}"}`])
      })
  )

  it.live("is the only one to take it", () =>
    Effect.gen(function* () {
      const { ahead, heard, insert, noted } = yield* leaving()
      yield* ahead.leave
      yield* insert("a")
      yield* insert("b")
      assert.deepStrictEqual(yield* noted, [taken("1"), waiting("2")])
      assert.deepStrictEqual((yield* heard).slice(1), ['{"table":"public.inquiries","id":2}'])
    })
  )

  it.live("takes it with a key that is text, of which no payload tells", () =>
    Effect.gen(function* () {
      const { ahead, form, heard, noted } = yield* leaving("create table inquiries (id text primary key)")
      yield* ahead.leave
      yield* form.query(`insert into inquiries values ('jane","notice":"x"}')`)
      assert.deepStrictEqual(yield* noted, [taken('jane","notice":"x"}')])
      const [payload] = yield* heard
      assert.match(payload!, /^\{"table":"public\.inquiries","notice":"[-0-9a-f]{36}"\}$/)
    })
  )

  it.live("gives it back when its transaction is rolled back", () =>
    Effect.gen(function* () {
      const { ahead, form, insert, noted } = yield* leaving()
      yield* ahead.leave
      yield* form.query("begin")
      yield* insert("a")
      yield* form.query("rollback")
      yield* insert("b")
      assert.deepStrictEqual(yield* noted, [taken("2")])
    })
  )

  it.live("waits for nobody who may be taking it", () =>
    Effect.gen(function* () {
      const { ahead, as, form, insert, noted } = yield* leaving()
      yield* ahead.leave
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("insert into inquiries (name) values ('a')")
      // Less than it waits for a lock.
      yield* form.query("set statement_timeout = '200ms'")
      yield* withTries(insert("b"))
      yield* other.query("commit")
      const [first, ...others] = yield* noted
      assert.deepStrictEqual([first, others.map(({ begun }) => begun)], [taken("1"), [false]])
    })
  )
})

/** What has no business with a claim, though one is there. */
const others: Readonly<Record<string, readonly [statements: ReadonlyArray<string>, keys: ReadonlyArray<string>]>> = {
  "two rows at once": [["insert into inquiries (name) values ('a'), ('b')"], ["1", "2"]],
  "no row at all": [["insert into inquiries (name) select 'a' where false"], []],
  "a transaction that repeats its reads": [
    ["begin isolation level repeatable read", "insert into inquiries (name) values ('a')", "commit"],
    ["1"]
  ],
  "a serializable transaction": [
    ["begin isolation level serializable", "insert into inquiries (name) values ('a')", "commit"],
    ["1"]
  ]
}

describe("a claim that was left ahead", () => {
  for (const [what, [statements, keys]] of Object.entries(others)) {
    it.live(`is not taken by ${what}`, () =>
      Effect.gen(function* () {
        const { ahead, form, insert, noted } = yield* leaving()
        yield* ahead.leave
        for (const statement of statements) yield* form.query(statement)
        assert.deepStrictEqual(yield* noted, keys.map(waiting))
        yield* insert("alone")
        assert.deepStrictEqual((yield* noted).slice(keys.length), [taken(String(keys.length + 1))])
      })
    )
  }

  it.live("is taken by nobody once the session of its worker has ended, or its time is over", () =>
    Effect.gen(function* () {
      const { ahead, fresh, insert, noted } = yield* leaving()
      yield* ahead.leave
      yield* fresh.admin`update inquiries_mailer.ahead set good_until = clock_timestamp()`
      yield* insert("a")
      yield* fresh.admin`update inquiries_mailer.ahead set good_until = clock_timestamp() + interval '1 minute'`
      yield* ahead.leaves
      yield* insert("b")
      assert.deepStrictEqual(yield* noted, [waiting("1"), waiting("2")])
    })
  )

  it.live("is taken by no row of a table that is watched under another name", () =>
    Effect.gen(function* () {
      const { ahead, fresh, insert, noted } = yield* leaving()
      yield* ahead.leave
      yield* fresh.admin`update inquiries_mailer.ahead set database_name = 'another'`
      yield* insert("a")
      assert.deepStrictEqual(yield* noted, [waiting("1")])
    })
  )

  it.live("is taken by no row of which nobody is notified", () =>
    Effect.gen(function* () {
      const { ahead, insert, noted } = yield* leaving(undefined, { wake: "poll" })
      yield* ahead.leave
      yield* insert("a")
      assert.deepStrictEqual(yield* noted, [waiting("1")])
    })
  )
})

/** What the owner has done to the claims that are left. */
const troubles: Readonly<Record<string, string>> = {
  "are dropped": "drop table inquiries_mailer.ahead",
  "have lost a column": "alter table inquiries_mailer.ahead drop column lease",
  "are read-only": `create function refuse() returns trigger language plpgsql as $$begin raise 'read-only'; end$$;
    create trigger refuse before update on inquiries_mailer.ahead execute function refuse()`
}

describe("a row", () => {
  for (const [trouble, done] of Object.entries(troubles)) {
    it.live(`is captured when the claims that are left ahead ${trouble}`, () =>
      Effect.gen(function* () {
        const { ahead, insert, noted, owner } = yield* leaving()
        yield* ahead.leave
        for (const statement of done.split(";\n")) yield* owner.query(statement)
        yield* promptly(insert("a"))
        assert.deepStrictEqual(yield* noted, [waiting("1")])
      })
    )
  }

  for (const mode of ["share", "share row exclusive", "exclusive", "access exclusive"]) {
    it.live(`is captured within a second while somebody has locked the claims in ${mode} mode`, () =>
      Effect.gen(function* () {
        const { ahead, as, insert, noted } = yield* leaving()
        yield* ahead.leave
        const other = yield* session(as.owner)
        yield* other.query("begin")
        yield* other.query(`lock table inquiries_mailer.ahead in ${mode} mode`)
        yield* promptly(insert("a"))
        assert.deepStrictEqual(yield* noted, [waiting("1")])
      })
    )
  }

  it.live("waits once for locks on the outbox and on the claims", () =>
    Effect.gen(function* () {
      const { ahead, as, form, fresh, insert } = yield* leaving()
      yield* ahead.leave
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("lock table inquiries_mailer.ahead, inquiries_mailer.outbox in access exclusive mode")
      // Less than two waits.
      yield* form.query("set statement_timeout = '480ms'")
      yield* withTries(insert("a"))
      assert.isAbove((yield* fresh.admin`select from inquiries`).length, 0)
    })
  )
})
