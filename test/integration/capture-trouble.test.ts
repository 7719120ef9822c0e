// The customer's INSERT succeeds, and at once, whatever has become of our own tables.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Capture from "../../src/Capture.ts"
import * as Catalog from "../../src/Catalog.ts"
import * as Connection from "../../src/Connection.ts"
import { captured, customer, migrateOne, promptly, session } from "../support/customer.ts"

const started = Effect.fn("started")(function* (...[createTables, overrides]: Parameters<typeof customer>) {
  const stage = yield* customer(createTables, overrides)
  yield* migrateOne(stage.database)
  return stage
})

const insert = "insert into inquiries (name) values ('a')"

/** What the owner has done, and how it is undone where that can be. */
const troubles: Readonly<Record<string, readonly [done: string, undone?: string]>> = {
  "is dropped": ["drop table inquiries_mailer.outbox"],
  "is dropped with its whole schema": ["drop schema inquiries_mailer cascade"],
  "is renamed": [
    "alter table inquiries_mailer.outbox rename to gone",
    "alter table inquiries_mailer.gone rename to outbox"
  ],
  "has lost a column": ["alter table inquiries_mailer.outbox drop column key"],
  "has got a check that no row passes": [
    "alter table inquiries_mailer.outbox add constraint never check (false)",
    "alter table inquiries_mailer.outbox drop constraint never"
  ],
  "is read-only": [
    `create function refuse() returns trigger language plpgsql as $$begin raise 'read-only'; end$$;
     create trigger refuse before insert on inquiries_mailer.outbox execute function refuse()`,
    "drop trigger refuse on inquiries_mailer.outbox"
  ],
  "has row-level security forced on its owner": [
    "alter table inquiries_mailer.outbox enable row level security, force row level security",
    "alter table inquiries_mailer.outbox disable row level security"
  ]
}

describe("an INSERT of the customer's", () => {
  for (const [trouble, [done, undone]] of Object.entries(troubles)) {
    it.live(`succeeds when the outbox ${trouble}`, () =>
      Effect.gen(function* () {
        const { form, fresh, owner } = yield* started()
        for (const statement of done.split(";\n")) yield* owner.query(statement)
        yield* promptly(form.query(insert))
        yield* promptly(form.query("insert into inquiries (name) values ('b'), ('c')"))
        assert.deepStrictEqual(yield* fresh.admin`select count(*)::int as n from inquiries`, [{ n: 3 }])
        if (undone === undefined) return
        yield* owner.query(undone)
        yield* form.query(insert)
        assert.deepStrictEqual(yield* captured(fresh), ["1:4"])
      })
    )
  }

  it.live("succeeds when the owner has lost his rights on the outbox, or on its schema", () =>
    Effect.gen(function* () {
      const { as, form, fresh, owner } = yield* started()
      yield* owner.query(`revoke all on inquiries_mailer.outbox from ${as.owner.user}`)
      yield* promptly(form.query(insert))
      yield* owner.query(`grant all on inquiries_mailer.outbox to ${as.owner.user}`)
      yield* owner.query(`revoke all on schema inquiries_mailer from ${as.owner.user}`)
      yield* promptly(form.query(insert))
      yield* owner.query(`grant all on schema inquiries_mailer to ${as.owner.user}`)
      yield* form.query(insert)
      assert.deepStrictEqual(yield* captured(fresh), ["1:3"])
    })
  )

  it.live("succeeds within a second while another transaction locks the outbox or an index of it", () =>
    Effect.gen(function* () {
      const { as, form, fresh } = yield* started()
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("lock table inquiries_mailer.outbox in access exclusive mode")
      yield* promptly(form.query(insert))
      yield* promptly(form.query("insert into inquiries (name) select 'bulk' from generate_series(1, 100)"))
      yield* other.query("rollback")
      yield* form.query(insert)
      assert.deepStrictEqual(yield* captured(fresh), ["1:102"])
      yield* other.query("begin")
      yield* other.query("reindex table inquiries_mailer.outbox")
      yield* promptly(form.query(insert))
      yield* other.query("rollback")
      assert.deepStrictEqual(yield* captured(fresh), ["1:102"])
    })
  )

  it.live("succeeds in a transaction that goes on, and with what came before in it", () =>
    Effect.gen(function* () {
      const { form, fresh, owner } = yield* started()
      yield* form.query("begin isolation level serializable")
      yield* form.query(insert)
      yield* form.query("savepoint s")
      yield* form.query(insert)
      yield* form.query("rollback to s")
      yield* form.query(insert)
      yield* form.query("commit")
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:3"])
      yield* owner.query("drop table inquiries_mailer.outbox")
      yield* form.query("begin")
      yield* form.query(insert)
      yield* form.query(insert)
      yield* form.query("commit")
      assert.deepStrictEqual(yield* fresh.admin`select count(*)::int as n from inquiries`, [{ n: 4 }])
    })
  )

  // 2.7 kB is the most that an index takes; more fits only if it can be compressed.
  it.live("succeeds with a text key of any length, and is captured", () =>
    Effect.gen(function* () {
      const { form, fresh } = yield* started("create table inquiries (id text primary key)")
      const random = `(select left(string_agg(md5(n::text), ''), 2690) from generate_series(1, 85) n)`
      for (const key of [random, "repeat('k', 8192)", "repeat('long', 30000)"]) {
        yield* promptly(form.query(`insert into inquiries values (${key})`))
      }
      const lengths = yield* fresh.admin`select length(key) as n from inquiries_mailer.outbox order by n`
      assert.deepStrictEqual(lengths, [{ n: 2_690 }, { n: 8_192 }, { n: 120_000 }])
    })
  )

  it.live("is captured where row-level security lets the form write and read nothing", () =>
    Effect.gen(function* () {
      const { form, formRole, fresh, owner } = yield* started()
      yield* owner.query("alter table inquiries enable row level security, force row level security")
      yield* owner.query(`create policy write on inquiries for insert to ${formRole} with check (name = 'a')`)
      yield* promptly(form.query(insert))
      assert.match(yield* form.refusal("insert into inquiries (name) values ('b')"), /row-level security/)
      assert.deepStrictEqual(yield* captured(fresh), ["1:1"])
    })
  )

  it.live(
    "succeeds when the key has got another name, and the trigger then counts as broken until migrate has run",
    () =>
      Effect.gen(function* () {
        const { database, form, fresh, owner } = yield* started()
        const find = Effect.gen(function* () {
          const description = yield* Catalog.describe(database.tables[0]!.name)
          if (Catalog.isRefusal(description)) return assert.fail(description.refused)
          return yield* Capture.find(database.name, description)
        }).pipe(Effect.provide(Connection.once(database.address)))
        assert.deepStrictEqual(yield* find, { number: 1, armed: true, notifies: true })
        yield* form.query(insert)
        yield* owner.query("alter table inquiries rename column id to nr")
        yield* promptly(form.query(insert))
        assert.deepStrictEqual(yield* find, { number: 1, armed: false, notifies: true })
        yield* migrateOne(database)
        assert.deepStrictEqual(yield* find, { number: 1, armed: true, notifies: true })
        yield* owner.query("alter table inquiries alter column nr type bigint")
        yield* form.query(insert)
        assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:3"])
      })
  )
})
