// Who is told of a new row, and what; and when it is safer to tell nobody.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as Postgres from "../../scripts/stage/Postgres.ts"
import { captured, customer, listener, migrateOne, promptly, session } from "../support/customer.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import { table } from "../support/line.ts"

/** A server of the test's own, with these settings. */
const serverWith = Effect.fn("serverWith")(function* (settings: Readonly<Record<string, string>>) {
  const server = yield* Postgres.start({ settings })
  const { host, port, user, password } = server
  const stage = yield* customer(
    undefined,
    {},
    yield* freshDatabase({ host, port, user, password: Redacted.value(password) })
  )
  yield* migrateOne(stage.database)
  return stage
})

const insert = "insert into inquiries (name) values ('a')"

describe("a notification", () => {
  it.live("names the table and a key that is a number or a uuid, and never a text key", () =>
    Effect.gen(function* () {
      const types = ["smallint", "integer", "bigint", "uuid", "text", "varchar"]
      const { database, form, fresh } = yield* customer(
        types.map((type) => `create table of_${type} (id ${type} primary key)`).join(";\n"),
        { tables: types.map((type) => table(`of_${type}`)) }
      )
      yield* migrateOne(database)
      const { heard } = yield* listener(fresh, fresh)
      for (const type of types) {
        const key = type === "uuid" ? "5f0c1c62-8f0a-4f39-a4a8-6f5d3c1f0b7a" : "42"
        yield* form.query(`insert into of_${type} values ('${key}')`)
      }
      assert.deepStrictEqual(yield* heard, [
        '{"table":"public.of_smallint","id":42}',
        '{"table":"public.of_integer","id":42}',
        '{"table":"public.of_bigint","id":42}',
        '{"table":"public.of_uuid","id":"5f0c1c62-8f0a-4f39-a4a8-6f5d3c1f0b7a"}',
        '{"table":"public.of_text"}',
        '{"table":"public.of_varchar"}'
      ])
    })
  )

  it.live("comes when rows were captured and committed, and not otherwise", () =>
    Effect.gen(function* () {
      const { database, form, fresh, owner } = yield* customer()
      yield* migrateOne(database)
      const { heard } = yield* listener(fresh, fresh)
      yield* form.query("begin")
      yield* form.query(insert)
      yield* form.query("rollback")
      yield* form.query("insert into inquiries (name) select 'a' where false")
      yield* owner.query("drop table inquiries_mailer.outbox")
      yield* form.query(insert)
      assert.deepStrictEqual(yield* heard, [])
    })
  )

  it.live("is left out when the server's queue of them fills up, and the INSERT is captured all the same", () =>
    Effect.gen(function* () {
      const { as, form, fresh } = yield* serverWith({ max_notify_queue_pages: "64" })
      // Listens, and reads nothing while its transaction is open: so the queue cannot be emptied.
      const asleep = yield* session(as.owner)
      const filler = yield* session(as.owner)
      yield* asleep.query("listen elsewhere")
      yield* asleep.query("begin")
      yield* asleep.query("select 1")
      const fill = (count: number) =>
        filler.query(`select pg_notify('elsewhere', n || repeat('x', 7900)) from generate_series(1, ${count}) n`)
      const { heard } = yield* listener(fresh, fresh)
      yield* form.query(insert)
      yield* fill(40)
      yield* promptly(form.query(insert))
      assert.deepStrictEqual(yield* heard, ['{"table":"public.inquiries","id":1}'])
      yield* fill(20)
      yield* filler.refusal("select pg_notify('elsewhere', n || repeat('x', 7900)) from generate_series(1, 9) n")
      for (let n = 0; n < 9; n++) yield* promptly(form.query(insert))
      assert.lengthOf(yield* captured(fresh), 11)
    })
  )

  it.live("is left out where transactions can be prepared, because one that notified could not be", () =>
    Effect.gen(function* () {
      const { form, fresh } = yield* serverWith({ max_prepared_transactions: "2" })
      const { heard } = yield* listener(fresh, fresh)
      for (const end of ["commit", "rollback"]) {
        yield* form.query("begin")
        yield* promptly(form.query(insert))
        yield* form.query("prepare transaction 'both phases'")
        yield* form.query(`${end} prepared 'both phases'`)
      }
      yield* form.query(insert)
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:3"])
      assert.deepStrictEqual(yield* heard, [])
    })
  )
})
