// A PostgreSQL with as many databases as are wanted, each with the table of inquiries and an outbox. One is set up by
// `migrate`, the others are copies of it that are told to be themselves.
import { PgConnection } from "@effect/sql-pg"
import { Effect } from "effect"
import * as Postgres from "../stage/Postgres.ts"
import * as samples from "../stage/samples.ts"
import { migrate, worker } from "./stage.ts"

/** Connections to one database: the one that LISTENs and one more, and as many again of whoever inserts. */
const most = 3
const pattern = "pattern"

export const nameOf = (index: number): string => `d${String(index + 1).padStart(3, "0")}`

export const at = (server: Postgres.Server, database: string) =>
  PgConnection.make({
    ...{ host: server.host, port: server.port, database, username: server.user, password: server.password }
  })

/** The log of its server says when each connection came and when it was ready. */
export const start = Effect.fn("manyDatabases.start")(function* (count: number) {
  const server = yield* Postgres.start({
    settings: {
      max_connections: String(count * most + 100),
      // The catalogs of all of them stay in memory, as on a server that is made for as many.
      ...{ shared_buffers: "2GB", io_method: "sync" },
      // Of the server's own making, and not what is measured.
      autovacuum: "off",
      log_connections: "receipt,setup_durations",
      log_line_prefix: "%m [%p] "
    }
  })
  yield* server.createDatabase(pattern)
  yield* Effect.scoped(Effect.flatMap(at(server, pattern), (sql) => sql.query(samples.inquiries.createTable)))
  yield* migrate(worker(server, "http://127.0.0.1:1", [pattern]))
  const admin = yield* at(server, "postgres")
  // Thousands of files that are only made to be looked at.
  yield* durable(admin, false)
  yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => nameOf(index)),
    (name) => copy(server, name),
    {
      concurrency: 2,
      discard: true
    }
  )
  yield* durable(admin, true)
  return { server, admin }
})

/** Seconds to connect to as many, as many at once as the worker, and to ask each one thing: less the machine does not take. */
export const bareConnects = Effect.fn("manyDatabases.bareConnects")(function* (server: Postgres.Server, count: number) {
  const began = performance.now()
  yield* Effect.scoped(
    Effect.forEach(
      Array.from({ length: count }, (_, index) => nameOf(index)),
      (name) => Effect.flatMap(at(server, name), (sql) => sql.query("listen something", [], false)),
      { concurrency: 8, discard: true }
    )
  )
  return (performance.now() - began) / 1_000
})

/** Of the worker, to the databases. */
export const connections = Effect.fnUntraced(function* (admin: PgConnection.PgConnection) {
  const { rows } = yield* admin.query(
    `select coalesce(sum(n), 0)::integer as "all", coalesce(max(n), 0)::integer as most from (
      select count(*) as n from pg_stat_activity where application_name = 'inquiries-mailer' group by datname) d`,
    [],
    false
  )
  return { all: Number(rows[0]?.["all"]), most: Number(rows[0]?.["most"]) }
})

const durable = Effect.fnUntraced(function* (admin: PgConnection.PgConnection, on: boolean) {
  yield* admin.query(`alter system set fsync = ${on ? "on" : "off"}`, [], false)
  yield* admin.query("select pg_reload_conf()", [], false)
  if (on) yield* admin.query("checkpoint", [], false)
})

const copy = Effect.fnUntraced(function* (server: Postgres.Server, name: string) {
  yield* Effect.scoped(
    Effect.flatMap(at(server, "postgres"), (sql) =>
      sql.query(`create database ${name} template ${pattern} strategy file_copy`, [], false)
    )
  )
  yield* Effect.scoped(
    Effect.gen(function* () {
      const sql = yield* at(server, name)
      yield* sql.query(`update inquiries_mailer.tables set database_name = '${name}'`, [], false)
      yield* sql.query(
        `update inquiries_mailer.identity
          set database_oid = (select oid::int8::text from pg_database where datname = current_database())`,
        [],
        false
      )
    })
  )
})
