// Which triggers `migrate` takes away and which number a table has, as tables and configurations come and go.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatabaseName } from "../../src/Database.ts"
import { captured, customer, migrateOne } from "../support/customer.ts"
import { table } from "../support/line.ts"

const two = ["create table inquiries (id serial primary key)", "create table quotes (id serial primary key)"].join(
  ";\n"
)
const [inquiries, quotes] = [table("inquiries"), table("quotes")]
const insertInto = (name: string) => `insert into ${name} default values`

describe("migrate", () => {
  it.live("takes the trigger from a table that is no longer configured, and keeps its number and its notices", () =>
    Effect.gen(function* () {
      const { database, form, fresh } = yield* customer(two, { tables: [inquiries, quotes] })
      yield* migrateOne(database)
      yield* form.query(insertInto("inquiries"))
      const report = yield* migrateOne({ ...database, tables: [quotes] })
      assert.deepStrictEqual(report.removed, ["public.inquiries"])
      assert.deepStrictEqual(report.unchanged, ["public.quotes"])
      yield* form.query(insertInto("inquiries"))
      yield* form.query(insertInto("quotes"))
      assert.deepStrictEqual(yield* fresh.admin`select proname from pg_proc where proname like 'capture%'`, [
        { proname: "capture_2" }
      ])
      yield* migrateOne({ ...database, tables: [quotes, inquiries] })
      yield* form.query(insertInto("inquiries"))
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "2:1", "1:3"])
    })
  )

  it.live("takes away only triggers of its own name, on the same table and on others", () =>
    Effect.gen(function* () {
      const { database: sales, form, fresh } = yield* customer(two, { tables: [inquiries] })
      const service = { ...sales, name: DatabaseName.make("service"), tables: [inquiries, quotes] }
      yield* migrateOne(sales, service.name)
      yield* migrateOne(service, sales.name)
      const report = yield* migrateOne({ ...sales, tables: [] })
      assert.deepStrictEqual([report.removed, report.otherNames], [["public.inquiries"], ["service"]])
      yield* form.query(insertInto("inquiries"))
      yield* form.query(insertInto("quotes"))
      assert.deepStrictEqual(yield* captured(fresh), ["2:1", "3:1"])
    })
  )

  it.live("takes nothing away when a table is refused", () =>
    Effect.gen(function* () {
      const { database, form, fresh, owner } = yield* customer(two, { tables: [inquiries, quotes] })
      yield* migrateOne(database)
      yield* owner.query("alter table quotes drop constraint quotes_pkey")
      const report = yield* migrateOne({ ...database, tables: [quotes] })
      assert.deepStrictEqual(report.refused, [
        "table quotes has no primary key: add one, it identifies the row to be mailed"
      ])
      assert.deepStrictEqual(report.removed, [])
      yield* form.query(insertInto("inquiries"))
      assert.deepStrictEqual(yield* captured(fresh), ["1:1"])
    })
  )

  it.live("lets a table that was renamed or moved keep its number, and with it its notices", () =>
    Effect.gen(function* () {
      const { database, form, fresh, owner } = yield* customer(two, { tables: [inquiries] })
      yield* migrateOne(database)
      yield* form.query(insertInto("inquiries"))
      yield* owner.query("alter table inquiries rename to requests")
      const renamed = { ...database, tables: [table("requests")] }
      assert.deepStrictEqual((yield* migrateOne(renamed)).installed, ["public.requests"])
      yield* form.query(insertInto("requests"))
      yield* owner.query("create schema elsewhere")
      yield* owner.query("alter table requests set schema elsewhere")
      const moved = { ...database, tables: [table("requests", "record", "elsewhere")] }
      assert.deepStrictEqual((yield* migrateOne(moved)).installed, ["elsewhere.requests"])
      assert.deepStrictEqual((yield* migrateOne(moved)).unchanged, ["elsewhere.requests"])
      yield* owner.query(insertInto("elsewhere.requests"))
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:2", "1:3"])
    })
  )

  it.live("watches the table that has taken a watched name, and no longer the one that lost it", () =>
    Effect.gen(function* () {
      const { database, fresh, owner } = yield* customer(two, { tables: [inquiries] })
      yield* migrateOne(database)
      yield* owner.query("alter table inquiries rename to inquiries_old")
      yield* owner.query("create table inquiries (id integer primary key default 100)")
      const report = yield* migrateOne(database)
      assert.deepStrictEqual([report.installed, report.removed], [["public.inquiries"], ["public.inquiries_old"]])
      yield* owner.query(insertInto("inquiries_old"))
      yield* owner.query(insertInto("inquiries"))
      assert.deepStrictEqual(yield* captured(fresh), ["1:100"])
      assert.deepStrictEqual((yield* migrateOne(database)).unchanged, ["public.inquiries"])
    })
  )

  it.live("sorts it out when two watched tables have exchanged their names", () =>
    Effect.gen(function* () {
      const { database, fresh, owner } = yield* customer(two, { tables: [inquiries, quotes] })
      yield* migrateOne(database)
      yield* owner.query("alter table inquiries rename to swapping")
      yield* owner.query("alter table quotes rename to inquiries")
      yield* owner.query("alter table swapping rename to quotes")
      yield* migrateOne(database)
      yield* owner.query(insertInto("inquiries"))
      yield* owner.query(insertInto("quotes"))
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "2:1"])
    })
  )

  it.live("captures the new key when the primary key has changed", () =>
    Effect.gen(function* () {
      const { database, fresh, owner } = yield* customer("create table inquiries (id integer primary key, code text)")
      yield* migrateOne(database)
      yield* owner.query("alter table inquiries drop constraint inquiries_pkey, add primary key (code)")
      assert.deepStrictEqual((yield* migrateOne(database)).installed, ["public.inquiries"])
      yield* owner.query("insert into inquiries values (1, 'A-1')")
      assert.deepStrictEqual(yield* captured(fresh), ["1:A-1"])
    })
  )
})
