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

describe("samples", () => {
  it.live("fit their tables, one of them with more text than NOTIFY carries", () =>
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
      const long = yield* admin`SELECT id FROM quote_requests WHERE octet_length(message) > 20000`
      assert.strictEqual(long.length, 1)
      const hostile = yield* admin`SELECT subject FROM inquiries WHERE subject LIKE ${"%\r\nBcc:%<h1>%"}`
      assert.strictEqual(hostile.length, 1)
    })
  )
})
