// Databases made for one test, and the sample rows in them.
import { PgConnection } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { contactSubmissions, inquiries, quoteRequests } from "../../scripts/stage/samples.ts"
import { freshDatabase } from "../support/freshDatabase.ts"

describe("freshDatabase", () => {
  it.live("gives each caller a database of its own and drops it, whoever is connected", () =>
    Effect.gen(function* () {
      const watcher = yield* freshDatabase()
      const scope = yield* Scope.make()
      const gone = yield* freshDatabase().pipe(Scope.provide(scope))
      assert.notStrictEqual(gone.database, watcher.database)
      assert.deepStrictEqual(yield* gone.admin`SELECT current_database() AS name`, [{ name: gone.database }])
      const { host, port, user: username, password, database } = gone
      yield* PgConnection.make({ host, port, username, password, database })
      yield* Scope.close(scope, Exit.void)
      const left = yield* watcher.admin`SELECT 1 FROM pg_database WHERE datname = ${gone.database}`
      assert.deepStrictEqual(left, [])
    })
  )
})

const columns = {
  inquiries: "id, name, email, phone, subject, message, vehicle_id, status, created_at",
  quote_requests:
    "id, name, email, phone, company, service, message, consent, created_at, status, assigned_to, converted_to_client, current_shipments, expected_shipments, services",
  contact_submissions: "id, first_name, last_name, email, phone, inquiry_type, message, created_at"
}

describe("samples", () => {
  it.live("fill tables with the replaced system's columns, one of them with more text than NOTIFY carries", () =>
    Effect.gen(function* () {
      const { admin } = yield* freshDatabase()
      for (const { table, createTable, inserts } of [inquiries, quoteRequests, contactSubmissions]) {
        yield* admin.unsafe(createTable)
        for (const { sql, values } of inserts) yield* admin.unsafe(sql, values)
        const rows = yield* admin.unsafe<{ n: number }>(
          `SELECT count(created_at)::int AS n FROM ${table} WHERE octet_length(message) > 0`
        )
        assert.deepStrictEqual(rows, [{ n: inserts.length }])
      }
      const made = yield* admin<{ name: string; columns: string; ids: string; times: string }>`
        SELECT table_name AS name, string_agg(column_name, ', ' ORDER BY ordinal_position) AS columns,
          min(data_type) FILTER (WHERE column_name = 'id') AS ids,
          min(data_type) FILTER (WHERE column_name = 'created_at') AS times
        FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name`
      assert.deepStrictEqual(Object.fromEntries(made.map((table) => [table.name, table.columns])), columns)
      for (const { ids, times } of made)
        assert.deepStrictEqual([ids, times], ["integer", "timestamp without time zone"])
      const long = yield* admin`SELECT id FROM quote_requests WHERE octet_length(message) > 20000`
      assert.strictEqual(long.length, 1)
      const hostile = yield* admin`SELECT subject FROM inquiries WHERE subject LIKE ${"%\r\nBcc:%<h1>%"}`
      assert.strictEqual(hostile.length, 1)
    })
  )
})
