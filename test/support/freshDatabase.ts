// A database of its own for a test file or a test, on the server that globalSetup started; dropped with the scope, even
// when somebody is still connected to it.
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { Reactivity } from "effect/reactivity"
import { randomBytes } from "node:crypto"
import type { ProvidedContext } from "vitest"
import { inject } from "vitest"

const connect = (fields: PgClient.PgPoolConfig) =>
  PgClient.make({ ...fields, maxConnections: 4 }).pipe(Effect.provide(Reactivity.layer))

/** `server` is the one of globalSetup unless a test starts its own. */
export const freshDatabase = Effect.fn("freshDatabase")(function* (
  server: ProvidedContext["postgres"] = inject("postgres")
) {
  const { host, port, user, password: secret } = server
  const password = Redacted.make(secret)
  const database = `test_${randomBytes(6).toString("hex")}`
  const fields = { host, port, username: user, password }
  yield* Effect.acquireRelease(
    Effect.scoped(
      Effect.flatMap(connect({ ...fields, database: "postgres" }), (sql) => sql`CREATE DATABASE ${sql(database)}`)
    ),
    () =>
      Effect.scoped(
        Effect.flatMap(
          connect({ ...fields, database: "postgres" }),
          (sql) => sql`DROP DATABASE IF EXISTS ${sql(database)} WITH (FORCE)`
        )
      ).pipe(
        // A test may have taken the server away.
        Effect.ignore
      )
  )
  const admin = yield* connect({ ...fields, database })
  return {
    host,
    port,
    user,
    password,
    database,
    url: `postgres://${user}:${secret}@${host}:${port}/${database}`,
    admin
  }
})

export type FreshDatabase = Effect.Success<ReturnType<typeof freshDatabase>>
