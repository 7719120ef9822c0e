// Which tables cannot be watched, and that each is told the reason. Those beside it are set up all the same.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { customer, migrateOne } from "../support/customer.ts"
import { table } from "../support/line.ts"

interface Refused {
  readonly create: string
  readonly reason: string
}

const inherits = "takes part in inheritance or partitioning: watch a plain table"
const keyOf = (type: string) =>
  `has a primary key of type ${type}: watched are smallint, integer, bigint, uuid, text, varchar`

const refused: Readonly<Record<string, Refused>> = {
  missing: { create: "", reason: "does not exist, or this user may not see its schema" },
  keyless: {
    create: "create table keyless (id integer unique not null)",
    reason: "has no primary key: add one, it identifies the row to be mailed"
  },
  composite: {
    create: "create table composite (a integer, b integer, primary key (a, b))",
    reason: "has a primary key of several columns: only a single one can be watched"
  },
  partitioned: {
    create: "create table partitioned (id integer primary key) partition by range (id)",
    reason: "is partitioned: its rows move between partitions, which looks like new rows"
  },
  part: {
    create: "create table part partition of partitioned for values from (1) to (9)",
    reason: inherits
  },
  parent: { create: "create table parent (id integer primary key)", reason: inherits },
  child: { create: "create table child (primary key (id)) inherits (parent)", reason: inherits },
  a_view: {
    create: "create view a_view as select * from plain",
    reason: "is a view: watch the table behind it"
  },
  a_matview: {
    create: "create materialized view a_matview as select * from plain",
    reason: "is a view: watch the table behind it"
  },
  a_foreign: {
    create: "create foreign table a_foreign (id integer) server elsewhere",
    reason: "is a foreign table: watch it in the database where it lives"
  },
  a_sequence: { create: "create sequence a_sequence", reason: "is not a table" },
  by_numeric: { create: "create table by_numeric (id numeric primary key)", reason: keyOf("numeric") },
  by_char: { create: "create table by_char (id char(3) primary key)", reason: keyOf("character") },
  by_time: {
    create: "create table by_time (id timestamptz primary key)",
    reason: keyOf("timestamp with time zone")
  },
  by_domain: {
    create: "create domain price as numeric;\ncreate table by_domain (id price primary key)",
    reason: keyOf("numeric")
  }
}

describe("migrate", () => {
  it.live("refuses what it cannot watch with the reason, and sets up the tables beside it", () =>
    Effect.gen(function* () {
      const { database, fresh } = yield* customer("create table plain (id integer primary key)")
      yield* fresh.admin.unsafe("create foreign data wrapper nowhere")
      yield* fresh.admin.unsafe("create server elsewhere foreign data wrapper nowhere")
      for (const { create } of Object.values(refused)) {
        for (const statement of create.split(";\n")) if (statement !== "") yield* fresh.admin.unsafe(statement)
      }
      const names = [...Object.keys(refused), "plain"]
      const report = yield* migrateOne({ ...database, tables: names.map((name) => table(name)) })
      assert.deepStrictEqual(
        report.refused,
        Object.entries(refused).map(([name, { reason }]) => `table ${name} ${reason}`)
      )
      assert.deepStrictEqual(report.installed, ["public.plain"])
      const triggers = yield* fresh.admin`select tgrelid::regclass::text as on from pg_trigger where not tgisinternal`
      assert.deepStrictEqual(triggers, [{ on: "plain" }])
    })
  )

  it.live(
    "finds a table without schema along the search_path, and one with capitals or a dot only by its exact name",
    () =>
      Effect.gen(function* () {
        const { database, owner } = yield* customer(
          ["sales", "crm"]
            .map((schema) => `create schema ${schema};\ncreate table ${schema}."Quotes.2" (id uuid primary key)`)
            .join(";\n")
        )
        const at = (name: string, schema?: string) =>
          Effect.map(
            migrateOne({ ...database, tables: [table(name, "record", schema)] }),
            ({ installed, refused, removed }) => [...installed, ...refused, ...removed.map((name) => `removed ${name}`)]
          )
        const missing = (name: string) => [`table ${name} does not exist, or this user may not see its schema`]
        assert.deepStrictEqual(yield* at("Quotes.2"), missing("Quotes.2"))
        assert.deepStrictEqual(yield* at("quotes.2", "sales"), missing("sales.quotes.2"))
        yield* owner.query(`alter database ${database.address.database} set search_path = sales, public`)
        assert.deepStrictEqual(yield* at("Quotes.2"), ["sales.Quotes.2"])
        yield* owner.query(`alter role ${database.address.user} set search_path = "$user", crm, sales`)
        assert.deepStrictEqual(yield* at("Quotes.2"), ["crm.Quotes.2", "removed sales.Quotes.2"])
        assert.deepStrictEqual(yield* at('a"b'), missing('a"b'))
      })
  )
})
