// `migrate --uninstall`: what migrate made is gone afterwards, nothing else is, and no notice is lost unasked.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Connection from "../../src/Connection.ts"
import type { Database } from "../../src/Database.ts"
import { DatabaseName } from "../../src/Database.ts"
import { uninstall } from "../../src/Uninstall.ts"
import { captured, customer, migrateOne, promptly, session } from "../support/customer.ts"
import { everything } from "../support/everything.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const insert = "insert into inquiries (name) values ('a')"

const uninstalled = ({ address, name }: Database, force = false) =>
  uninstall(name, force).pipe(Effect.provide(Connection.once(address)))

const settled = "update inquiries_mailer.outbox set outcome = 'sent', settled_at = now()"

describe("migrate --uninstall", () => {
  it.live("leaves the database behind as migrate has found it", () =>
    Effect.gen(function* () {
      const { database, form, fresh, owner } = yield* customer(
        [
          "create table inquiries (id serial primary key, name text)",
          "create table people (name text primary key)",
          "create function tell() returns trigger language plpgsql as $$begin notify mine; return new; end$$",
          "create trigger tell after insert on inquiries for each row execute function tell()"
        ].join(";\n"),
        { tables: [line.table("inquiries"), line.table("people")] }
      )
      const before = yield* everything(fresh.admin)
      yield* migrateOne(database)
      yield* form.query(insert)
      yield* owner.query(settled)
      // Its function outlives it, as does the registration.
      yield* owner.query("alter table people rename to persons")
      yield* owner.query("drop trigger inquiries_mailer_2 on persons")
      yield* owner.query("alter table persons rename to people")
      assert.deepStrictEqual(yield* uninstalled(database), {
        ...{ found: true, removed: ["public.inquiries"], unmailed: 0, otherNames: [], refused: undefined }
      })
      assert.deepStrictEqual(yield* everything(fresh.admin), before)
      assert.deepInclude(yield* uninstalled(database), { found: false, refused: undefined })
      yield* migrateOne(database)
    })
  )

  it.live("refuses while notices wait, says how many, and forgets them only when forced", () =>
    Effect.gen(function* () {
      const { database, form, fresh } = yield* customer()
      const before = yield* everything(fresh.admin)
      yield* migrateOne(database)
      yield* form.query(insert)
      yield* form.query(insert)
      const migrated = yield* everything(fresh.admin)
      assert.match((yield* uninstalled(database)).refused ?? "", /^2 notices are not settled/)
      assert.deepStrictEqual(yield* everything(fresh.admin), migrated)
      assert.deepInclude(yield* uninstalled(database, true), { unmailed: 2, refused: undefined })
      assert.deepStrictEqual(yield* everything(fresh.admin), before)
    })
  )

  const strangers: ReadonlyArray<readonly [named: string, statement: string]> = [
    ["table inquiries_mailer.mine", "create table inquiries_mailer.mine (id serial)"],
    ["sequence inquiries_mailer.mine", "create sequence inquiries_mailer.mine"],
    ["type inquiries_mailer.mine", "create type inquiries_mailer.mine as enum ('a')"],
    ["function inquiries_mailer.capture_2()", "create function inquiries_mailer.capture_2() returns int return 1"],
    [
      "function inquiries_mailer.capture_1(integer)",
      "create function inquiries_mailer.capture_1(integer) returns int return 1"
    ],
    ["index inquiries_mailer.mine", "create index mine on inquiries_mailer.outbox (detail)"],
    ["view public.mine", "create view mine as select key from inquiries_mailer.outbox"],
    [
      "constraint mine on table public.inquiries",
      "alter table inquiries add column t int constraint mine references inquiries_mailer.tables"
    ],
    [
      "trigger mine on table inquiries_mailer.outbox",
      "create trigger mine before delete on inquiries_mailer.outbox execute function suppress_redundant_updates_trigger()"
    ],
    [
      "trigger mine on table public.inquiries",
      "create trigger mine after insert on inquiries referencing new table as inserted execute function inquiries_mailer.capture_1('1')"
    ],
    [
      "something that PostgreSQL does not let go",
      "create function mine() returns bigint begin atomic select count(*) from inquiries_mailer.outbox; end"
    ]
  ]
  for (const [named, statement] of strangers) {
    it.live(`drops nothing along with its own, and names what is in the way: ${named}`, () =>
      Effect.gen(function* () {
        const { database, fresh, owner } = yield* customer()
        yield* migrateOne(database)
        yield* owner.query(statement)
        const before = yield* everything(fresh.admin)
        const { refused, removed } = yield* uninstalled(database, true)
        assert.include(refused, named)
        // What PostgreSQL alone knows of is found at the end, when the triggers are gone.
        if (named.startsWith("something")) yield* migrateOne(database)
        else assert.deepStrictEqual(removed, [])
        assert.deepStrictEqual(yield* everything(fresh.admin), before)
      })
    )
  }

  it.live("leaves alone what is there under another name, until that goes too", () =>
    Effect.gen(function* () {
      const { database, form, fresh, owner } = yield* customer()
      const other = { ...database, name: DatabaseName.make("other") }
      const before = yield* everything(fresh.admin)
      yield* migrateOne(database)
      yield* migrateOne(other)
      yield* owner.query("create table inquiries_mailer.mine ()")
      yield* form.query(insert)
      const report = yield* uninstalled(database, true)
      assert.deepInclude(report, { refused: undefined, otherNames: ["other"], removed: ["public.inquiries"] })
      yield* form.query(insert)
      assert.deepStrictEqual(yield* captured(fresh), ["2:1", "2:2"])
      assert.deepInclude(yield* migrateOne(other), { unchanged: ["public.inquiries"], otherNames: [] })
      yield* owner.query(settled)
      yield* owner.query("drop table inquiries_mailer.mine")
      assert.deepInclude(yield* uninstalled(other), { refused: undefined, otherNames: [] })
      assert.deepStrictEqual(yield* everything(fresh.admin), before)
    })
  )

  it.live(
    "waits for a transaction that is writing, lets others INSERT meanwhile, and keeps what comes at the last moment",
    () =>
      Effect.gen(function* () {
        const { as, database, form, fresh } = yield* customer()
        yield* migrateOne(database)
        const writer = yield* session(as.form)
        yield* writer.query("begin")
        yield* writer.query(insert)
        const going = yield* Effect.forkChild(uninstalled(database))
        yield* Effect.sleep("1500 millis")
        assert.isUndefined(going.pollUnsafe())
        yield* promptly(form.query(insert)).pipe(Effect.retry({ times: 3 }))
        yield* writer.query("commit")
        const { refused, removed } = yield* Fiber.join(going)
        assert.match(refused ?? "", /^2 notices are not settled.*not watched any more$/)
        assert.deepStrictEqual(removed, ["public.inquiries"])
        assert.deepStrictEqual((yield* captured(fresh)).toSorted(), ["1:1", "1:2"])
        assert.deepInclude(yield* uninstalled(database, true), { unmailed: 2, refused: undefined })
      }).pipe(Effect.timeout("25 seconds"))
  )

  it.live("is a command that says what it did, and that force goes with nothing else", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const command = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        return yield* (yield* program(["migrate", ...args], environment(database, standIn.origin))).ended
      })
      yield* line.insertInquiry(admin, 1)
      assert.strictEqual((yield* command("--force")).code, 78)
      const refused = yield* command("--uninstall")
      assert.strictEqual(refused.code, 78)
      assert.include(refused.output, "autos: not uninstalled: 1 notices are not settled")
      const gone = yield* command("--uninstall", "--force")
      assert.strictEqual(gone.code, 0, gone.output)
      assert.include(gone.output, "autos: 1 notices are gone that were not mailed")
      assert.include((yield* command("--uninstall")).output, "nothing is installed here")
    }).pipe(silently)
  )
})
