// `migrate` may be run at any time and by several at once: it does what is missing and nothing else.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatabaseName } from "../../src/Database.ts"
import { captured, customer, migrateOne, session } from "../support/customer.ts"

const insert = "insert into inquiries (name) values ('a')"
const nothing = { migrations: [], installed: [], unchanged: [], removed: [], parked: 0, refused: [], otherNames: [] }
const unchanged = { ...nothing, unchanged: ["public.inquiries"] }
const installed = { ...nothing, installed: ["public.inquiries"] }

describe("migrate", () => {
  it.live("sets up the outbox and the trigger, and mails no row that exists already", () =>
    Effect.gen(function* () {
      const { database, form, fresh } = yield* customer()
      yield* form.query(insert)
      assert.deepStrictEqual(yield* migrateOne(database), { ...installed, migrations: ["0001_outbox", "0002_ahead"] })
      yield* form.query(insert)
      assert.deepStrictEqual(yield* captured(fresh), ["1:2"])
    })
  )

  it.live("runs no DDL where nothing has changed", () =>
    Effect.gen(function* () {
      const { database, fresh } = yield* customer()
      yield* migrateOne(database)
      yield* fresh.admin.unsafe("create table public.ddl (tag text)")
      yield* fresh.admin.unsafe(`create function public.count_ddl() returns event_trigger language plpgsql
        security definer as $$begin insert into public.ddl values (tg_tag); end$$`)
      yield* fresh.admin.unsafe(
        "create event trigger count_ddl on ddl_command_start execute function public.count_ddl()"
      )
      assert.deepStrictEqual(yield* migrateOne(database), unchanged)
      assert.deepStrictEqual(yield* fresh.admin`select tag from public.ddl`, [])
      yield* fresh.admin`drop trigger inquiries_mailer_1 on inquiries`
      assert.deepStrictEqual(yield* migrateOne(database), installed)
      assert.isNotEmpty(yield* fresh.admin`select tag from public.ddl where tag = 'CREATE TRIGGER'`)
    })
  )

  it.live("waits for nobody where nothing has changed, as while a backup is being made", () =>
    Effect.gen(function* () {
      const { as, database, owner } = yield* customer()
      yield* migrateOne(database)
      const backup = yield* session(as.owner)
      yield* backup.query("begin")
      yield* backup.query("select from inquiries, inquiries_mailer.tables, inquiries_mailer.migrations")
      yield* owner.query("begin")
      yield* owner.query(insert)
      assert.deepStrictEqual(yield* migrateOne(database).pipe(Effect.timeout("2500 millis")), unchanged)
      yield* owner.query("commit")
      yield* backup.query("commit")
    })
  )

  it.live("replaces a trigger while a backup is being made", () =>
    Effect.gen(function* () {
      const { as, database, fresh, owner } = yield* customer()
      yield* migrateOne(database)
      yield* owner.query("alter table inquiries disable trigger inquiries_mailer_1")
      const backup = yield* session(as.owner)
      yield* backup.query("begin")
      yield* backup.query("select from inquiries")
      assert.deepStrictEqual(yield* migrateOne(database).pipe(Effect.timeout("2500 millis")), installed)
      yield* owner.query(insert)
      assert.deepStrictEqual(yield* captured(fresh), ["1:1"])
      yield* backup.query("commit")
    })
  )

  it.live("succeeds when it is run four times at once on an empty database, under two names", () =>
    Effect.gen(function* () {
      const { database, form, fresh } = yield* customer()
      const other = { ...database, name: DatabaseName.make("other") }
      yield* Effect.forEach([database, other, database, other], (each) => migrateOne(each, database.name, other.name), {
        concurrency: "unbounded"
      })
      yield* form.query(insert)
      const [row] = yield* fresh.admin`select count(*)::int as n, count(distinct table_number)::int as numbers
        from inquiries_mailer.outbox`
      assert.deepStrictEqual(row, { n: 2, numbers: 2 })
    })
  )

  it.live("leaves alone an Effect application's own migrations, and the replaced system's trigger and channel", () =>
    Effect.gen(function* () {
      const { database, form, fresh, owner } = yield* customer(
        [
          "create table inquiries (id serial primary key, name text)",
          "create table effect_sql_migrations (migration_id integer primary key, name text)",
          "insert into effect_sql_migrations values (1, 'theirs'), (2, 'also theirs')",
          `create function tell() returns trigger language plpgsql as
            $$begin perform pg_notify('new_record_channel', json_build_object('id', new.id)::text); return new; end$$`,
          "create trigger tell after insert on inquiries for each row execute function tell()"
        ].join(";\n")
      )
      yield* migrateOne(database)
      yield* migrateOne({ ...database, tables: [] })
      yield* migrateOne(database)
      assert.deepStrictEqual(yield* owner.query("select name from effect_sql_migrations order by migration_id"), [
        { name: "theirs" },
        { name: "also theirs" }
      ])
      yield* owner.query("listen new_record_channel")
      yield* form.query(insert)
      assert.deepStrictEqual(yield* captured(fresh), ["1:1"])
      assert.deepStrictEqual(
        yield* owner.query("select tgname from pg_trigger where tgrelid = 'inquiries'::regclass order by 1"),
        [{ tgname: "inquiries_mailer_1" }, { tgname: "tell" }]
      )
    })
  )

  const damages: Readonly<Record<string, string>> = {
    "has been disabled": "alter table inquiries disable trigger inquiries_mailer_1",
    "fires on replicas only": "alter table inquiries enable replica trigger inquiries_mailer_1",
    "has been dropped": "drop trigger inquiries_mailer_1 on inquiries",
    "has another function body": `create or replace function inquiries_mailer.capture_1() returns trigger
      language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '250ms'
      as $$begin return null; end$$`,
    "has lost its lock_timeout": "alter function inquiries_mailer.capture_1() reset lock_timeout",
    "has lost its search_path": "alter function inquiries_mailer.capture_1() reset search_path",
    "runs with the form's rights": "alter function inquiries_mailer.capture_1() security invoker"
  }
  for (const [damage, statement] of Object.entries(damages)) {
    it.live(`puts right a trigger that ${damage}`, () =>
      Effect.gen(function* () {
        const { database, form, fresh, owner } = yield* customer()
        yield* migrateOne(database)
        const describe = `select tgenabled, prosrc, proconfig, prosecdef, proacl::text
          from pg_trigger join pg_proc p on p.oid = tgfoid where tgname = 'inquiries_mailer_1'`
        const before = yield* owner.query(describe)
        yield* owner.query(statement)
        assert.deepStrictEqual(yield* migrateOne(database), installed)
        assert.deepStrictEqual(yield* owner.query(describe), before)
        yield* form.query(insert)
        assert.deepStrictEqual(yield* captured(fresh), ["1:1"])
      })
    )
  }
})
