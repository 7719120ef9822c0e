// What a mail can be made of: every kind of column as text, bounded, with its whole size; and only rows that exist.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Catalog from "../../src/Catalog.ts"
import * as Connection from "../../src/Connection.ts"
import * as Records from "../../src/Records.ts"
import type { FieldKind } from "../../src/Row.ts"
import { type FreshDatabase, freshDatabase } from "../support/freshDatabase.ts"
import { databaseAt } from "../support/line.ts"

const fetch = Effect.fnUntraced(
  function* (_: FreshDatabase, name: string, keys: ReadonlyArray<string>) {
    const description = yield* Catalog.describe({ schema: undefined, name })
    return Catalog.isRefusal(description) ? assert.fail(description.refused) : yield* Records.fetch(description, keys)
  },
  (effect, fresh) => Effect.provide(effect, Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
)

/** [type, value as SQL, kind, text in a mail]; the size is that of the text unless it stands behind it. */
const kinds: ReadonlyArray<readonly [string, string, FieldKind, string | undefined, number?]> = [
  ["boolean", "true", "boolean", "true"],
  ["smallint", "-1", "number", "-1"],
  ["integer", "42", "number", "42"],
  ["bigint", "9223372036854775807", "number", "9223372036854775807"],
  ["numeric(30, 10)", "12345678901234567890.5", "number", "12345678901234567890.5000000000"],
  ["double precision", "'NaN'", "number", "NaN"],
  ["money", "1234.5", "number", "$1,234.50"],
  ["text", "''", "text", ""],
  ["text", "'NULL'", "text", "NULL"],
  ["text", `'{"a", \\b}' || chr(10) || 'Zoë 表 😀'`, "text", '{"a", \\b}\nZoë 表 😀'],
  ["text", "null", "text", undefined, 0],
  ["varchar(10)", "'varying'", "text", "varying"],
  ["char(5)", "'ab'", "text", "ab"],
  ["citizen", "'a domain over text'", "text", "a domain over text"],
  ["timestamp", "'2026-03-01 09:05:00.5'", "timestamp", "2026-03-01 09:05:00.5"],
  ["moment", "'2026-03-01 09:05'", "timestamp", "2026-03-01 09:05:00"],
  ["timestamptz", "'2026-03-01 09:05-05'", "timestamptz", "2026-03-01 14:05:00+00"],
  ["date", "'2026-03-01'", "date", "2026-03-01"],
  ["time", "'09:05'", "other", "09:05:00"],
  ["interval", "'1 day 02:03'", "other", "1 day 02:03:00"],
  ["json", `'{"b" : 1}'`, "json", '{"b" : 1}'],
  ["jsonb", `'{"b" : [1, null]}'`, "json", '{"b": [1, null]}'],
  ["bytea", "'\\x00ff'", "bytes", undefined, 2],
  ["blob", "'\\x0102030405'", "bytes", undefined, 5],
  ["bytea", "null", "bytes", undefined, 0],
  ["text[]", "array['a', 'b,c', null]", "other", '{a,"b,c",NULL}'],
  ["integer[]", "'{{1,2},{3,4}}'", "other", "{{1,2},{3,4}}"],
  ["mood", "'quite happy'", "other", "quite happy"],
  ["uuid", "'5F0C1C62-8f0a-4f39-a4a8-6f5d3c1f0b7a'", "other", "5f0c1c62-8f0a-4f39-a4a8-6f5d3c1f0b7a"],
  ["inet", "'192.0.2.1'", "other", "192.0.2.1/32"],
  ["int4range", "'[1,5)'", "other", "[1,5)"],
  ["point", "'(1,2)'", "other", "(1,2)"],
  ["xml", "'<a/>'", "other", "<a/>"]
]

describe("Records.fetch", () => {
  it.live("gives every kind of column as PostgreSQL's own text, in the order of the columns", () =>
    Effect.gen(function* () {
      const fresh = yield* freshDatabase()
      const { admin } = fresh
      yield* admin.unsafe("create type mood as enum ('quite happy')")
      yield* admin.unsafe("create domain citizen as text")
      yield* admin.unsafe("create domain moment as timestamp check (value > '2000-01-01')")
      yield* admin.unsafe("create domain blob as bytea")
      // None of these may show: a mail must not look different from one server to the next.
      for (const setting of ["datestyle = 'German'", "timezone = 'Asia/Tokyo'"]) {
        yield* admin.unsafe(`alter database ${fresh.database} set ${setting}`)
      }
      const columns = kinds.map(([type], n) => `c${n} ${type}`).join(", ")
      yield* admin.unsafe(`create table kinds (id integer primary key, ${columns})`)
      yield* admin.unsafe(`insert into kinds values (7, ${kinds.map(([, value]) => value).join(", ")})`)
      const row = (yield* fetch(fresh, "kinds", ["7"])).get("7")
      assert.deepStrictEqual([row?.table, row?.key], ["kinds", "7"])
      assert.deepStrictEqual(row?.fields, [
        { column: "id", kind: "number", value: "7", bytes: 1 },
        ...kinds.map(([, , kind, value, bytes = Buffer.byteLength(value ?? "")], n) => ({
          column: `c${n}`,
          kind,
          value,
          bytes
        }))
      ])
    })
  )

  it.live("cuts a text of 1 MB on the server and never fetches 20 MB of bytes, and says how large they are", () =>
    Effect.gen(function* () {
      const fresh = yield* freshDatabase()
      yield* fresh.admin.unsafe("create table large (id integer primary key, message text, doc jsonb, photo bytea)")
      yield* fresh.admin.unsafe(`insert into large values (1, repeat('ü', 500000) || repeat('x', 48576),
        jsonb_build_object('k', repeat('v', 100000)), decode(repeat('00', 20000000), 'hex'))`)
      const { fields } = (yield* fetch(fresh, "large", ["1"])).get("1")!
      assert.deepStrictEqual(
        fields.map(({ bytes }) => bytes),
        [1, 1_048_576, 100_009, 20_000_000]
      )
      assert.strictEqual(fields[1]?.value, "ü".repeat(65_536))
      assert.lengthOf(fields[2]?.value ?? "", 65_536)
      assert.isUndefined(fields[3]?.value)
    })
  )

  it.live("keeps a row within 1 MB when 400 columns are full of text, which is as many as fit into a page", () =>
    Effect.gen(function* () {
      const fresh = yield* freshDatabase()
      const columns = Array.from({ length: 400 }, (_, n) => `c${n}`)
      yield* fresh.admin.unsafe(
        `create table wide (id integer primary key, ${columns.map((column) => `${column} text`).join(", ")})`
      )
      yield* fresh.admin.unsafe(`insert into wide values (1, ${columns.map(() => "repeat('x', 5000)").join(", ")})`)
      const { fields } = (yield* fetch(fresh, "wide", ["1"])).get("1")!
      assert.lengthOf(fields, 401)
      assert.deepStrictEqual(fields[400], {
        column: "c399",
        kind: "text",
        value: "x".repeat(Math.floor(1_048_576 / 401)),
        bytes: 5_000
      })
    })
  )

  it.live("reads a table of 1,500 columns, more than two result columns each would allow", () =>
    Effect.gen(function* () {
      const fresh = yield* freshDatabase()
      const columns = Array.from({ length: 1_500 }, (_, n) => `c${n} smallint`)
      yield* fresh.admin.unsafe(`create table wide (id integer primary key, ${columns.join(", ")})`)
      yield* fresh.admin.unsafe("insert into wide (id, c1499) values (1, 7)")
      const { fields } = (yield* fetch(fresh, "wide", ["1"])).get("1")!
      assert.lengthOf(fields, 1_501)
      assert.deepStrictEqual(fields[1_500], { column: "c1499", kind: "number", value: "7", bytes: 1 })
      assert.deepStrictEqual(fields[1], { column: "c0", kind: "number", value: undefined, bytes: 0 })
    })
  )

  it.live("reads whatever the table and its columns are called, generated ones too, and none that was dropped", () =>
    Effect.gen(function* () {
      const fresh = yield* freshDatabase()
      yield* fresh.admin.unsafe(`create table "Order's.""1" ("select" integer primary key, "from ""x""" text, gone text,
        "$1" integer, r text, doubled integer generated always as ("$1" * 2) stored,
        tripled integer generated always as ("$1" * 3) virtual)`)
      yield* fresh.admin.unsafe(`alter table "Order's.""1" drop column gone`)
      yield* fresh.admin.unsafe(`insert into "Order's.""1" values (1, 'quoted', 21, 'r')`)
      const { fields, table } = (yield* fetch(fresh, `Order's."1`, ["1"])).get("1")!
      assert.strictEqual(table, `Order's."1`)
      assert.deepStrictEqual(
        fields.map(({ column, value }) => [column, value]),
        [
          ["select", "1"],
          ['from "x"', "quoted"],
          ["$1", "21"],
          ["r", "r"],
          ["doubled", "42"],
          ["tripled", "63"]
        ]
      )
    })
  )

  const uuid = "5f0c1c62-8f0a-4f39-a4a8-6f5d3c1f0b7a"
  const keys: Readonly<Record<string, readonly [present: string, absent: string]>> = {
    smallint: ["-7", "8"],
    integer: ["42", "43"],
    bigint: ["9223372036854775807", "-9223372036854775808"],
    uuid: [uuid, uuid.replace("5", "6")],
    text: [`Zoë's "key", {1} \\ NULL`, "Zoë"],
    "varchar(20)": ["NULL", "null"],
    code: ["A-1", "A-2"]
  }
  for (const [type, [present, absent]] of Object.entries(keys)) {
    it.live(`finds a row by a key of type ${type}; one that was deleted is absent`, () =>
      Effect.gen(function* () {
        const fresh = yield* freshDatabase()
        yield* fresh.admin.unsafe("create domain code as text")
        yield* fresh.admin.unsafe(`create table keyed (id ${type} primary key, name text)`)
        yield* fresh.admin.unsafe(`insert into keyed values ($1::text::${type}, 'a'), ($2::text::${type}, 'b')`, [
          present,
          absent
        ])
        yield* fresh.admin.unsafe("delete from keyed where name = 'b'")
        const rows = yield* fetch(fresh, "keyed", [absent, present])
        assert.deepStrictEqual([...rows.keys()], [present])
        assert.strictEqual(rows.get(present)?.fields[1]?.value, "a")
      })
    )
  }

  it.live("finds no row by a key that was of another type before the table was made anew", () =>
    Effect.gen(function* () {
      const fresh = yield* freshDatabase()
      for (const type of ["smallint", "integer", "bigint", "uuid"]) {
        yield* fresh.admin.unsafe("drop table if exists anew")
        yield* fresh.admin.unsafe(`create table anew (id ${type} primary key)`)
        const own = type === "uuid" ? uuid : "1"
        yield* fresh.admin.unsafe(`insert into anew values ('${own}')`)
        const old = ["", "A-17", "1.5", "99999999999999999999", "32768", type === "uuid" ? "1" : uuid, own]
        assert.deepStrictEqual([...(yield* fetch(fresh, "anew", old)).keys()], [own])
      }
    })
  )
})
