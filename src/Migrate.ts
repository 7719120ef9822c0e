// Puts the outbox and the triggers into one database, and takes away those of its triggers that are no longer
// configured. May be run at any time, by several at once, beside running workers. A busy table is never blocked: each
// lock is waited for one second at most, then given up and tried again; after a minute it says who holds the table.
import { Console, Effect, Schedule } from "effect"
import * as Migrator from "effect/sql/Migrator"
import { SqlClient } from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import * as Capture from "./Capture.ts"
import * as Catalog from "./Catalog.ts"
import type { Database, DatabaseName } from "./Database.ts"
import * as Holders from "./Holders.ts"
import * as Identity from "./Identity.ts"
import outbox from "./migrations/0001_outbox.ts"
import ahead from "./migrations/0002_ahead.ts"
import { codeOf, orOutage } from "./SqlOutage.ts"
import { Outage } from "./State.ts"
import * as Watermark from "./Watermark.ts"

/** Lock timeouts, deadlocks, and two `migrate` at once that create the same thing: 20 tries take about a minute. */
const collision = Schedule.spaced("2 seconds").pipe(Schedule.jittered, Schedule.upTo({ times: 20 }))
const lockTimeout = "55P03"
const collisions = [lockTimeout, "40P01", "40001", "23505", "42P06", "42P07", "XX000"]

export interface Report {
  /** Names of the numbered migrations that ran. */
  readonly migrations: ReadonlyArray<string>
  readonly installed: ReadonlyArray<string>
  readonly unchanged: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  /** How many notices were parked, because they came along from the database that this is a copy of. */
  readonly parked: number
  /** Tables that cannot be watched, each with the reason; or why nothing was touched at all. */
  readonly refused: ReadonlyArray<string>
  /** Names registered here that the configuration does not know. */
  readonly otherNames: ReadonlyArray<string>
}

/**
 * Migrates one database. `names` are all configured names, whose triggers are not strangers. A copy of another database
 * is touched only to `adopt` it.
 */
export const migrate = Effect.fn("Migrate.migrate")(function* (
  database: Database,
  names: ReadonlyArray<DatabaseName>,
  adopt = false
) {
  const refusal = yield* Identity.refusal(adopt)
  if (refusal !== undefined) return { ...nothing, refused: [refusal] }
  const migrations = yield* schema
  const parked = yield* Identity.record.pipe(retryCollisions, orOutage)
  const installed: Array<string> = []
  const unchanged: Array<string> = []
  const refused: Array<string> = []
  const watched = new Map<number, string>()
  for (const table of database.tables) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) {
      refused.push(description.refused)
      continue
    }
    const swept = { description, table, timeZone: database.timeZone }
    const begin = ({ number }: { readonly number: number }) => Watermark.begin(number, swept)
    const byKey = Watermark.orderOf(swept)?.by === "key"
    const install = Effect.tap(Capture.install(database, description), byKey ? begin : () => Effect.void)
    const outcome = yield* briefly(database.name, description, "writers", install)
    if (!byKey) yield* briefly(database.name, description, "writers", begin(outcome))
    watched.set(outcome.number, Catalog.quoted(description))
    ;(outcome.installed ? installed : unchanged).push(`${description.schema}.${description.name}`)
  }
  const removed: Array<string> = []
  // A table that is refused now may have been watched before: its trigger is not taken away by an error.
  if (refused.length === 0) {
    for (const table of yield* orOutage(Capture.standing(database.name))) {
      if (watched.get(table.number) === Catalog.quoted(table)) continue
      yield* briefly(database.name, table, "everybody", Capture.remove(table))
      removed.push(`${table.schema}.${table.name}`)
    }
  }
  const otherNames = yield* orOutage(Capture.otherNames(names))
  const report: Report = { migrations, installed, unchanged, removed, parked, refused, otherNames }
  return report
})

const nothing: Report = {
  ...{ migrations: [], installed: [], unchanged: [], removed: [], parked: 0, refused: [], otherNames: [] }
}

const migrations = { "0001_outbox": outbox, "0002_ahead": ahead }

/** All steps, as for a database without any. */
export const steps = Effect.forEach(Object.values(migrations), (step) => step, { discard: true })

const migrator = Migrator.make({})({
  loader: Migrator.fromRecord(migrations),
  // Its default table in `public` would collide with a customer's own Effect application.
  table: "inquiries_mailer.migrations"
})

const retryCollisions = <A, R>(self: Effect.Effect<A, SqlError, R>): Effect.Effect<A, SqlError, R> =>
  Effect.retry(self, { schedule: collision, while: (error) => collisions.includes(codeOf(error) ?? "") })

/** The migrator locks its table even when it has nothing to do, and would wait for a backup that reads it. */
const complete = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [ledger] = yield* sql`select where to_regclass('inquiries_mailer.migrations') is not null`
  if (ledger === undefined) return false
  const [latest] = yield* sql`
    select from inquiries_mailer.migrations where migration_id >= ${Object.keys(migrations).length}`
  return latest !== undefined
})

const schema = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [exists] = yield* sql`select from pg_namespace where nspname = 'inquiries_mailer'`
  if (exists === undefined) yield* sql`create schema inquiries_mailer`
  if (yield* complete) return []
  const ran = yield* migrator.pipe(
    Effect.catchTag("MigrationError", (error) =>
      isSqlError(error.cause) ? Effect.fail(error.cause) : Effect.die(error)
    )
  )
  return ran.map(([id, name]) => `${String(id).padStart(4, "0")}_${name}`)
}).pipe(retryCollisions, orOutage)

/** One short transaction that waits a second at most for its lock on the table. Says once that it has to wait. */
export const briefly = Effect.fnUntraced(function* <A>(
  database: DatabaseName,
  table: Pick<Catalog.Description, "schema" | "name">,
  against: Holders.Against,
  work: Effect.Effect<A, SqlError, SqlClient>
) {
  const sql = yield* SqlClient
  const name = `${table.schema}.${table.name}`
  const sayOnce = yield* Effect.cached(
    Console.log(`${database}: table ${name} is in use, trying again and again for about a minute …`)
  )
  return yield* sql.withTransaction(Effect.andThen(sql`set local lock_timeout = '1s'`, work)).pipe(
    Effect.tapError((error) => (codeOf(error) === lockTimeout ? sayOnce : Effect.void)),
    retryCollisions,
    Effect.catch((error) =>
      codeOf(error) === lockTimeout
        ? Effect.flatMap(orOutage(Holders.busy(table, against)), (reason) =>
            Effect.fail(new Outage({ state: "waiting", reason: `${reason} (${lockTimeout})` }))
          )
        : orOutage(Effect.fail(error))
    )
  )
})
