// `check` with each fault of a database, its tables and its outbox: the fault is named, the repair that is printed for it
// is run as it stands, and then `check` finds everything sound.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { check, hop, repairs, runCommands, runSql, setVariables, sound } from "../support/check.ts"
import { session } from "../support/customer.ts"
import { limited } from "../support/limited.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment } from "../support/worker.ts"

const staged = Effect.fnUntraced(function* () {
  const { admin, database, standIn } = yield* line.stage()
  return { admin, database, standIn, env: environment(database, standIn.origin) }
})

/** What `check` says of a fault; it has to be broken. */
const broken = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>, name: string, why: RegExp) {
  const { code, output } = yield* check(env)
  assert.strictEqual(code, 1, output)
  assert.match(hop(output, name), /^ {2}✗ /)
  assert.match(hop(output, name), why)
  return output
})

describe("check", () => {
  it.live("of what is sound says a line a hop with its time, mails nothing and ends with 0", () =>
    Effect.gen(function* () {
      const { env, standIn } = yield* staged()
      const output = yield* sound(env)
      for (const name of ["login", "notifications", "outbox", "table inquiries", "trigger public.inquiries", "token"]) {
        assert.match(hop(output, name), /^ {2}✓ .* \d+ ms {2}/)
      }
      assert.notMatch(output, /^ {2}[✗!?]/m)
      assert.lengthOf(standIn.mails, 0)
      const { code, output: json } = yield* check(env, "--json")
      assert.strictEqual(code, 0)
      const document = JSON.parse(json)
      assert.strictEqual(document.verdict, "ok")
      assert.deepStrictEqual(
        document.databases.map(({ name }: { readonly name: string }) => name),
        ["settings", "autos"]
      )
    }).pipe(silently)
  )

  it.live("heals an outbox that is missing, and one that came along from another database", () =>
    Effect.gen(function* () {
      const { admin, env } = yield* staged()
      yield* admin`drop schema inquiries_mailer cascade`
      const missing = yield* broken(env, "outbox", /is not installed/)
      assert.match(hop(missing, "trigger public.inquiries"), /^ {2}\? /)
      yield* runCommands(env, missing, "outbox")
      yield* sound(env)

      yield* admin`update inquiries_mailer.identity set database_oid = '1'`
      yield* runCommands(env, yield* broken(env, "outbox", /copy of another database/), "outbox")
      yield* sound(env)
    }).pipe(silently)
  )

  it.live("heals a trigger that is disabled, dropped, or not what it was", () =>
    Effect.gen(function* () {
      const { admin, env } = yield* staged()
      const trigger = "trigger public.inquiries"
      yield* admin`alter table inquiries disable trigger user`
      const disabled = yield* broken(env, trigger, /is disabled/)
      assert.deepStrictEqual(repairs(disabled, trigger, "SQL"), [
        'alter table "public"."inquiries" enable trigger "inquiries_mailer_1";'
      ])
      yield* runSql(admin, disabled, trigger)
      yield* sound(env)

      yield* admin`drop trigger inquiries_mailer_1 on inquiries`
      yield* runCommands(env, yield* broken(env, trigger, /is missing/), trigger)
      yield* sound(env)

      yield* admin`create or replace function inquiries_mailer.capture_1() returns trigger language plpgsql
        security definer set search_path = pg_catalog, pg_temp set lock_timeout = '250ms'
        as 'begin return null; end'`
      yield* runCommands(env, yield* broken(env, trigger, /is not what/), trigger)
      yield* sound(env)
    }).pipe(silently)
  )

  it.live("heals a table without a key, and one that is called otherwise", () =>
    Effect.gen(function* () {
      const { admin, env } = yield* staged()
      yield* admin`alter table inquiries drop constraint inquiries_pkey`
      const keyless = yield* broken(env, "table inquiries", /has no primary key/)
      yield* runSql(admin, keyless, "table inquiries")
      yield* runCommands(env, keyless, "table inquiries")
      yield* sound(env)

      yield* admin`create schema crm`
      yield* admin`alter table inquiries set schema crm`
      const moved = yield* broken(env, "table inquiries", /does not exist.*but crm\.inquiries does/)
      const renamed = setVariables(env, moved, "table inquiries")
      const unknown = yield* broken(renamed, "trigger crm.inquiries", /is not set up for autos/)
      yield* runCommands(renamed, unknown, "trigger crm.inquiries")
      yield* sound(renamed)
    }).pipe(silently)
  )

  it.live(
    "grants a role what it lacks, shows what it may not look at as not known, and finds policies",
    () =>
      Effect.gen(function* () {
        const { admin, database, env } = yield* staged()
        const { role } = yield* limited(admin, database)
        const asRole = { ...env, PGUSER: role }
        yield* sound(asRole)

        yield* admin.unsafe(`revoke all on all tables in schema inquiries_mailer from ${role}`)
        yield* admin.unsafe(`revoke all on inquiries from ${role}`)
        const poor = yield* broken(asRole, "rights", /lacks rights/)
        assert.match(hop(poor, "outbox"), /^ {2}\? /)
        assert.include(repairs(poor, "rights", "SQL"), `grant select on table "public"."inquiries" to "${role}";`)
        yield* runSql(admin, poor, "rights")
        yield* sound(asRole)

        yield* admin`alter table inquiries enable row level security`
        yield* runSql(admin, yield* broken(asRole, "row-level security", /would hide rows/), "row-level security")
        yield* sound(asRole)

        yield* admin`create schema crm`
        yield* admin`alter table inquiries set schema crm`
        const inSchema = { ...asRole, TABLE: "crm.inquiries" }
        yield* runSql(admin, yield* broken(inSchema, "table crm.inquiries", /may not see/), "table crm.inquiries")
        yield* runCommands(
          { ...env, TABLE: "crm.inquiries" },
          yield* broken(inSchema, "trigger crm.inquiries", /is not set up/),
          "trigger crm.inquiries"
        )
        yield* sound(inSchema)
      }).pipe(silently),
    120_000
  )

  it.live("heals a database that is read-only", () =>
    Effect.gen(function* () {
      const { admin, database, env } = yield* staged()
      yield* admin.unsafe(`alter database ${database.address.database} set default_transaction_read_only = on`)
      yield* runSql(admin, yield* broken(env, "writing", /read-only/), "writing")
      yield* sound(env)
    }).pipe(silently)
  )

  it.live("warns of prepared transactions and of triggers that must not notify, and ends with 2", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stageOfItsOwn({}, { max_prepared_transactions: "5" })
      const env = environment(database, standIn.origin)
      const password = Redacted.make(line.passwordOf(database))
      const form = yield* session({ ...database.address, password })
      yield* form.query("begin")
      yield* form.query("insert into inquiries (name, email) values ('Ann', 'a@example.com')")
      yield* form.query("prepare transaction 'somebody''s'")
      yield* Effect.sleep("6 seconds")
      const { code, output } = yield* check(env)
      assert.strictEqual(code, 2, output)
      assert.match(hop(output, "prepared transactions"), /^ {2}! .*1 were left open/)
      yield* runSql(admin, output, "prepared transactions")
      assert.match(hop(output, "notifications"), /^ {2}! .*max_prepared_transactions is 5/)
      const polling = setVariables(env, output, "notifications")
      assert.strictEqual(polling["WAKE"], "poll")
      yield* sound(polling)
      assert.lengthOf(yield* line.outcomes(admin), 1)
    }).pipe(silently)
  )

  it.live("warns of a table with more rows than anybody mails, for as long as they come", () =>
    Effect.gen(function* () {
      const { admin, env } = yield* staged()
      const importing = yield* Effect.forkChild(
        Effect.forever(
          admin`insert into inquiries (name, email) select 'Person', 'p@example.com' from generate_series(1, 100)`
        )
      )
      const { code, output } = yield* check(env)
      importing.interruptUnsafe()
      assert.strictEqual(code, 2, output)
      assert.match(hop(output, "pace public.inquiries"), /^ {2}! .*\d{2,} rows a second/)
      yield* sound(env)
    }).pipe(silently)
  )
})
