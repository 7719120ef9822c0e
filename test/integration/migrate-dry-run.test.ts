// `migrate --dry-run`: what it prints does, when somebody runs it, what `migrate` would have done, and nothing else.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Client } from "pg"
import * as Connection from "../../src/Connection.ts"
import type { Database } from "../../src/Database.ts"
import { dryRun } from "../../src/DryRun.ts"
import { captured, customer, migrateOne } from "../support/customer.ts"
import { everything } from "../support/everything.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const tables = `create table inquiries (id serial primary key, name text);
create table people (name text primary key, created_at timestamp);
create table "Odd ""table"" $1; --" (id uuid primary key, created_at timestamp);
insert into inquiries (name) values ('a'), ('b');
insert into people values ('early', now()), ('O''Hara $1', now() + interval '2 days')`

const odd = line.table('Odd "table" $1; --')
const watching = { tables: [line.table("inquiries"), line.table("people"), odd] }

const printed = (database: Database) =>
  dryRun(database, [database.name]).pipe(Effect.provide(Connection.once(database.address)))

/** As psql sends it, unprepared; all at once. */
const run = Effect.fnUntraced(function* ({ address }: Database, script: string | undefined) {
  const { database, host, password, port, user } = address
  const client = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const opened = new Client({ database, host, port, user, password: Redacted.value(password ?? assert.fail()) })
      await opened.connect()
      return opened
    }),
    (opened) => Effect.promise(() => opened.end())
  )
  yield* Effect.tryPromise(() => client.query(script ?? assert.fail("no script")))
})

describe("migrate --dry-run", () => {
  it.live("prints a script that leaves behind what migrate would, and has changed nothing itself", () =>
    Effect.gen(function* () {
      const { database, fresh, owner } = yield* customer(tables, watching)
      const before = yield* everything(fresh.admin)
      const { refused, script } = yield* printed(database)
      assert.deepStrictEqual(refused, [])
      assert.deepStrictEqual(yield* everything(fresh.admin), before)
      // What comes until it is run is there already, too.
      yield* owner.query("insert into inquiries (name) values ('c')")
      yield* run(database, script)
      const after = yield* everything(fresh.admin)
      assert.deepInclude(yield* migrateOne(database), {
        migrations: [],
        installed: [],
        unchanged: ["public.inquiries", "public.people", 'public.Odd "table" $1; --']
      })
      assert.deepStrictEqual(yield* everything(fresh.admin), after)

      yield* owner.query("drop schema inquiries_mailer cascade")
      assert.deepStrictEqual(yield* everything(fresh.admin), before)
      yield* migrateOne(database)
      const migrated = yield* everything(fresh.admin)
      assert.deepStrictEqual(after, migrated)
      assert.isTrue(
        migrated.some((line) => /^watched 1 .* key 3$/.test(line)),
        migrated.join("\n")
      )
      assert.include(migrated, "notice 2 O'Hara $1 dismissed")
    })
  )

  it.live("prints only what is missing, and that nothing is", () =>
    Effect.gen(function* () {
      const { database, fresh, owner } = yield* customer(tables, { tables: [line.table("inquiries")] })
      yield* migrateOne(database)
      // What a failed attempt leaves.
      yield* owner.query("select nextval('inquiries_mailer.tables_number_seq')")
      const statements = (script = "") => script.split("\n").filter((each) => /^[a-z]/i.test(each))
      assert.lengthOf(statements((yield* printed(database)).script), 0)
      const more = { ...database, tables: [odd] }
      const { script } = yield* printed(more)
      assert.deepStrictEqual(
        statements(script).map((each) => /^(create or replace |drop )?\w+/.exec(each)?.[0]),
        [
          ...["do", "select", "begin", "set", "select", "insert", "create or replace function"],
          ...["declare", "begin", "end", "revoke", "create or replace trigger", "commit"],
          ...["begin", "set", "set", "insert", "update", "commit"],
          ...["begin", "set", "drop trigger", "drop function", "update", "commit"]
        ],
        script
      )
      yield* run(more, script)
      assert.deepInclude(yield* migrateOne(more), {
        unchanged: ['public.Odd "table" $1; --'],
        installed: [],
        removed: []
      })
      yield* owner.query(`insert into "Odd ""table"" $1; --" values ('00000000-0000-4000-8000-000000000000')`)
      assert.deepStrictEqual(yield* captured(fresh), ["3:00000000-0000-4000-8000-000000000000"])
    })
  )

  it.live("says of every statement what it is for", () =>
    Effect.gen(function* () {
      const { database } = yield* customer(tables, watching)
      const { script = "" } = yield* printed(database)
      const blocks = script.split("\n")
      const unexplained = blocks.filter(
        (each, at) =>
          /^(create|alter|insert|update|drop|revoke|lock|set|select)\b/i.test(each) && !blocks[at - 1]?.startsWith("--")
      )
      assert.deepStrictEqual(unexplained, [])
    })
  )

  it.live("its script stops where it is run in another database, or after somebody else's migrate", () =>
    Effect.gen(function* () {
      const { database, fresh } = yield* customer(tables, watching)
      const { script } = yield* printed(database)
      const other = yield* customer(tables, watching)
      const before = yield* everything(other.fresh.admin)
      assert.include(String((yield* Effect.flip(run(other.database, script))).cause), "is for the database")
      assert.deepStrictEqual(yield* everything(other.fresh.admin), before)
      yield* migrateOne(database)
      const migrated = yield* everything(fresh.admin)
      yield* Effect.flip(run(database, script))
      assert.deepStrictEqual(yield* everything(fresh.admin), migrated)
    })
  )

  it.live("takes no number that somebody else has taken meanwhile", () =>
    Effect.gen(function* () {
      const { database, fresh } = yield* customer(tables, { tables: [line.table("inquiries")] })
      yield* migrateOne(database)
      const more = { ...database, tables: [line.table("inquiries"), odd] }
      const { script } = yield* printed(more)
      yield* migrateOne({ ...database, tables: [line.table("inquiries"), line.table("people")] })
      const migrated = yield* everything(fresh.admin)
      assert.include(String((yield* Effect.flip(run(more, script))).cause), "duplicate key")
      assert.deepStrictEqual(yield* everything(fresh.admin), migrated)
    })
  )

  it.live("as a command keeps the script apart from what else is to be said, and is not mixed with other modes", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const env = environment(database, standIn.origin)
      const command = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        return yield* (yield* program(["migrate", ...args], env)).ended
      })
      const done = yield* command("--dry-run")
      assert.strictEqual(done.code, 0, done.output)
      assert.match(done.output, /everything is set up/)
      yield* admin`update inquiries_mailer.identity set database_oid = '1'`
      const copy = yield* command("--dry-run", "--database", "autos")
      assert.strictEqual(copy.code, 78)
      assert.notInclude(copy.output, "-- ")
      assert.include(copy.output, "this is a copy of another database")
      assert.strictEqual((yield* command("--dry-run", "--adopt")).code, 78)
      assert.strictEqual((yield* command("--dry-run", "--database", "elsewhere")).code, 78)
    }).pipe(silently)
  )
})
