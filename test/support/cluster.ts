// Processes that share databases: the built program several times over, each with the same databases and the same place
// to meet. What they hold is read where they meet.
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { Reactivity } from "effect/reactivity"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as Postgres from "../../scripts/stage/Postgres.ts"
import * as samples from "../../scripts/stage/samples.ts"
import type { Database } from "../../src/Database.ts"
import { DatabaseName } from "../../src/Database.ts"
import { freshDatabase } from "./freshDatabase.ts"
import * as line from "./line.ts"
import { program } from "./worker.ts"

/** As MAILER_DATABASES takes it. */
const entry = (database: Database) => ({
  name: database.name,
  address: {
    host: database.address.host,
    port: database.address.port,
    database: database.address.database,
    user: database.address.user,
    password: line.passwordOf(database)
  },
  tables: database.tables.map(({ name }) => ({ table: name.name, template: "inquiry" })),
  mail: {
    tenantId: database.credential.tenantId,
    clientId: database.credential.clientId,
    clientSecret: "an-invented-secret",
    from: database.envelope.from,
    to: database.envelope.to
  }
})

/**
 * So many databases, each with a mailbox of its own unless `mailboxOf` says otherwise, on the server of all tests; the
 * place to meet is on a server of its own, which may be stopped.
 */
export const stage = Effect.fn("cluster.stage")(function* (
  count: number,
  mailboxOf = (index: number) => `noreply${index}@example.com`
) {
  const standIn = yield* GraphStandIn.start()
  const fresh = yield* Effect.forEach(line.numbers(count), () => freshDatabase())
  const databases = fresh.map((each, index) =>
    line.databaseAt(each, standIn.origin, {
      name: DatabaseName.make(`forms${index + 1}`),
      envelope: { from: mailboxOf(index + 1), to: ["sales@example.com"], cc: [] }
    })
  )
  for (const [index, { admin }] of fresh.entries()) {
    yield* admin.unsafe(samples.inquiries.createTable)
    const database = databases[index]
    if (database !== undefined) yield* line.migrated(database)
  }
  const server = yield* Postgres.start({})
  yield* server.createDatabase("meeting")
  const meeting = yield* PgClient.make({
    ...{ host: server.host, port: server.port, database: "meeting" },
    ...{ username: server.user, password: server.password, maxConnections: 2 }
  }).pipe(Effect.provide(Reactivity.layer))

  const env = (name: string, known: ReadonlyArray<Database>): Record<string, string> => ({
    PATH: process.env["PATH"] ?? "",
    MAILER_DATABASES: JSON.stringify(known.map(entry)),
    GRAPH_EMULATOR_URL: standIn.origin,
    LOG_FORMAT: "json",
    CLUSTER_DATABASE_URL: server.url("meeting"),
    CLUSTER_NAME: name
  })
  let inserted = 0
  return {
    standIn,
    databases,
    server,
    meeting,
    admins: fresh.map(({ admin }) => admin),
    /** One row into each database, numbered on through all of them; tells how many there are by now. */
    insert: Effect.gen(function* () {
      for (const { admin } of fresh) yield* line.insertInquiry(admin, ++inserted)
      return inserted
    }),
    env,
    /** A process with these settings, which others know by this name. */
    join: (name: string, known: ReadonlyArray<Database> = databases) => program(["run"], env(name, known)),
    /** How many mailboxes each process has taken, by its name. */
    shares: Effect.gen(function* () {
      const rows = yield* meeting<{ readonly name: string; readonly count: number }>`
        select split_part(owner, ':', 1) as name, count(*)::integer as count
        from inquiries_mailer_cluster.taken group by 1 order by 1`
      return Object.fromEntries(rows.map(({ count, name }) => [name, count]))
    }).pipe(Effect.orElseSucceed((): Record<string, number> => ({})))
  }
})

/** Waits, by looking, until it is so. */
export const until = <E, R>(look: Effect.Effect<boolean, E, R>) =>
  Effect.sleep(50).pipe(Effect.andThen(look), Effect.repeat({ until: (so) => so }), Effect.asVoid)
