// The tables of one database as they are set up there now; a database where that is not so is blocked.
import { Effect } from "effect"
import type { Prepared } from "./Batch.ts"
import * as Capture from "./Capture.ts"
import * as Catalog from "./Catalog.ts"
import type { Database } from "./Database.ts"
import { orOutage } from "./SqlOutage.ts"
import { Outage } from "./State.ts"
import * as Trigger from "./Trigger.ts"

/** By their numbers. What is wrong with their triggers is noted, and said. */
export const prepare = Effect.fn("Watched.prepare")(function* (database: Database, faults: Trigger.Faults) {
  const tables = new Map<number, Prepared>()
  for (const table of database.tables) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) {
      return yield* new Outage({ state: "blocked", reason: description.refused })
    }
    const name = `${description.schema}.${description.name}`
    const registration = yield* orOutage(Capture.find(database.name, description))
    if (registration === undefined) {
      const reason = `table ${name} is not set up for ${database.name}: run \`inquiries-mailer migrate\``
      return yield* new Outage({ state: "blocked", reason })
    }
    yield* Trigger.note(faults, registration, { database, description })
    tables.set(registration.number, {
      database,
      table,
      description,
      secretKey: Catalog.isTextKey(description.keyType)
    })
  }
  return tables
})
