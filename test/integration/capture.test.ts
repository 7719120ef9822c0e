// What becomes a notice: every row that was really inserted, however it came, and nothing else.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { captured, customer, listener, migrateOne, session } from "../support/customer.ts"
import { table } from "../support/line.ts"

const started = Effect.fn("started")(function* (...[createTables, overrides]: Parameters<typeof customer>) {
  const stage = yield* customer(createTables, overrides)
  yield* migrateOne(stage.database)
  return stage
})

const keyed = "create table inquiries (id integer primary key, name text)"

describe("capture", () => {
  it.live("makes a notice of every inserted row, for a role that may only INSERT", () =>
    Effect.gen(function* () {
      const { form, fresh } = yield* started()
      yield* form.query("insert into inquiries (name) values ('a'), ('b')")
      yield* form.query("insert into inquiries (name) values ('c')")
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:2", "1:3"])
    })
  )

  it.live("makes a new notice for a key that is used again after DELETE and after TRUNCATE RESTART IDENTITY", () =>
    Effect.gen(function* () {
      const { form, fresh, owner } = yield* started()
      yield* form.query("insert into inquiries (name) values ('a')")
      yield* owner.query("delete from inquiries")
      yield* owner.query("insert into inquiries (id, name) values (1, 'b')")
      yield* owner.query("truncate inquiries restart identity")
      yield* form.query("insert into inquiries (name) values ('c')")
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:1", "1:1"])
    })
  )

  it.live("takes only what was really inserted: no update, no conflict, no suppressed or rolled-back row", () =>
    Effect.gen(function* () {
      const { fresh, owner } = yield* started(keyed)
      yield* owner.query("insert into inquiries values (1, 'a')")
      yield* owner.query("update inquiries set name = 'b'")
      yield* owner.query("insert into inquiries values (1, 'c'), (2, 'c') on conflict do nothing")
      yield* owner.query("insert into inquiries values (2, 'd'), (3, 'd') on conflict (id) do update set name = 'd'")
      yield* owner.query(`
        merge into inquiries using (values (3), (4)) as form (id) on inquiries.id = form.id
        when matched then update set name = 'e' when not matched then insert values (form.id, 'e')`)
      yield* owner.query(`
        create function suppress() returns trigger language plpgsql as
          $$begin if new.name = 'spam' then return null; end if; return new; end$$`)
      yield* owner.query("create trigger suppress before insert on inquiries for each row execute function suppress()")
      yield* owner.query("insert into inquiries values (5, 'spam'), (6, 'f')")
      yield* owner.query("begin")
      yield* owner.query("insert into inquiries values (7, 'g')")
      yield* owner.query("rollback")
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:2", "1:3", "1:4", "1:6"])
    })
  )

  it.live("takes rows that came through a view, a function or a WITH, and each once", () =>
    Effect.gen(function* () {
      const { fresh, owner } = yield* started(keyed)
      yield* owner.query("create view form as select * from inquiries")
      yield* owner.query("insert into form values (1, 'a')")
      yield* owner.query(
        "with first as (insert into inquiries values (2, 'b') returning id) insert into inquiries select id + 1 from first"
      )
      yield* owner.query("do $$begin for n in 4..6 loop insert into inquiries values (n); end loop; end$$")
      assert.deepStrictEqual((yield* captured(fresh)).toSorted(), ["1:1", "1:2", "1:3", "1:4", "1:5", "1:6"])
    })
  )

  it.live("takes all 100,000 rows of a COPY within seconds, and notifies once", () =>
    Effect.gen(function* () {
      const { form, formRole, fresh } = yield* started()
      yield* fresh.admin.unsafe(`grant pg_read_server_files to ${formRole}`)
      const [server] = yield* fresh.admin<{ readonly file: string }>`
        select current_setting('data_directory') || '/' || current_database() as file`
      const file = `'${server?.file}'`
      yield* fresh.admin.unsafe(`copy (select 'bulk ' || n from generate_series(1, 100000) as n) to ${file}`)
      const { heard } = yield* listener(fresh, fresh)
      const [took] = yield* Effect.timed(form.query(`copy inquiries (name) from ${file}`))
      assert.isBelow(Duration.toMillis(took), 10_000)
      const [outbox] = yield* fresh.admin`
        select count(*)::int as rows, count(distinct key)::int as keys from inquiries_mailer.outbox`
      assert.deepStrictEqual(outbox, { rows: 100_000, keys: 100_000 })
      assert.deepStrictEqual(yield* heard, ['{"table":"public.inquiries","id":1}'])
    })
  )

  it.live("writes every type of key as PostgreSQL writes it", () =>
    Effect.gen(function* () {
      const uuid = "5f0c1c62-8f0a-4f39-a4a8-6f5d3c1f0b7a"
      const keys = {
        smallint: "-7",
        integer: "42",
        bigint: "9223372036854775807",
        uuid,
        text: "Zoë's “key” \\ 1",
        "varchar(20)": "x"
      }
      const types = Object.keys(keys)
      const { fresh, owner } = yield* started(
        types.map((type, n) => `create table t${n} ("the key" ${type} primary key)`).join(";\n"),
        { tables: types.map((_, n) => table(`t${n}`)) }
      )
      for (const [n, key] of Object.values(keys).entries())
        yield* owner.query(`insert into t${n} values ($1::text::${types[n]})`, [key])
      assert.deepStrictEqual(
        yield* captured(fresh),
        Object.values(keys).map((key, n) => `${n + 1}:${key}`)
      )
    })
  )

  it.live("takes whatever a table and its columns are called", () =>
    Effect.gen(function* () {
      const name = `Ünï "odd" o'clock.\\n 表`
      const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
      const { fresh, owner } = yield* started(
        [
          `create schema "S.1"`,
          `create table "S.1".${quote(name)} (${quote(name)} integer primary key)`,
          `create table words (found integer, sqlstate integer, inserted integer, r integer, tg_op integer primary key)`
        ].join(";\n"),
        { tables: [table(name, "record", "S.1"), table("words")] }
      )
      const { heard } = yield* listener(fresh, fresh)
      yield* owner.query(`insert into "S.1".${quote(name)} values (1)`)
      yield* owner.query("insert into words values (1, 2, 3, 4, 5)")
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "2:5"])
      assert.deepStrictEqual(
        (yield* heard).map((payload) => JSON.parse(payload) as unknown),
        [
          { table: `S.1.${name}`, id: 1 },
          { table: "public.words", id: 5 }
        ]
      )
    })
  )

  it.live("gives the customer's session back with its own settings, and says nothing to it", () =>
    Effect.gen(function* () {
      const { as, form, fresh } = yield* started()
      const settings = `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
        current_setting('search_path') as path, current_user::text as who, session_user::text as session`
      for (const text of [
        "set lock_timeout = '7s'",
        "set statement_timeout = '8s'",
        "set search_path = public, pg_catalog"
      ])
        yield* form.query(text)
      const before = yield* form.query(settings)
      yield* form.query("insert into inquiries (name) values ('a')")
      assert.deepStrictEqual(yield* form.query(settings), before)
      yield* fresh.admin`drop table inquiries_mailer.outbox`
      yield* form.query("begin")
      yield* form.query("insert into inquiries (name) values ('b')")
      assert.deepStrictEqual(yield* form.query(settings), before)
      yield* form.query("commit")
      assert.strictEqual(before[0]?.["who"], as.form.user)
    })
  )

  it.live("lets nobody else call its function, see its schema, or attach the function to a table of his own", () =>
    Effect.gen(function* () {
      const { as, formRole, fresh, owner } = yield* started()
      const [rights] = yield* fresh.admin`
        select has_schema_privilege(${formRole}, 'inquiries_mailer', 'usage') as usage,
          has_function_privilege(${formRole}, 'inquiries_mailer.capture_1()', 'execute') as execute,
          has_table_privilege(${formRole}, 'inquiries_mailer.outbox', 'select, insert, update, delete') as outbox`
      assert.deepStrictEqual(rights, { usage: false, execute: false, outbox: false })
      yield* owner.query(`grant create on schema public to ${formRole}`)
      yield* owner.query(`grant usage on schema inquiries_mailer to ${formRole}`)
      const other = yield* session(as.form)
      yield* other.query("create table own (id integer primary key)")
      const why = yield* other.refusal(
        "create trigger own after insert on own referencing new table as inserted for each statement execute function inquiries_mailer.capture_1('1')"
      )
      assert.match(why, /permission denied for function inquiries_mailer.capture_1/)
    })
  )
})
