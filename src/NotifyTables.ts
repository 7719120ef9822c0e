// The tables of a database in which nothing may be installed: which of them are watched this way, how their rows are read,
// and what is weaker about each, said once.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Prepared } from "./Batch.ts"
import * as Catalog from "./Catalog.ts"
import * as CatchUp from "./CatchUp.ts"
import type { Database } from "./Database.ts"
import { showTable } from "./Database.ts"
import type { Ledger } from "./Ledger.ts"
import { toRow } from "./Overheard.ts"
import * as Records from "./Records.ts"
import type { Row } from "./Row.ts"
import { orOutage } from "./SqlOutage.ts"
import { Outage } from "./State.ts"

/** A child that starts again and again says it once. */
export const warn = (ledger: Ledger, warning: string): Effect.Effect<void> =>
  Effect.suspend(() => (ledger.warned.has(warning) ? Effect.void : Effect.logWarning(warning))).pipe(
    Effect.andThen(Effect.sync(() => void ledger.warned.add(warning)))
  )

export interface Watched extends Prepared, CatchUp.Sighted {
  readonly readable: boolean
  /** Rows that nobody was notified of can be found. */
  readonly sighted: boolean
}

export const prepare = Effect.fnUntraced(function* (database: Database, ledger: Ledger) {
  const sql = yield* SqlClient
  const tables: Array<Watched> = []
  for (const [number, table] of database.tables.entries()) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) {
      return yield* new Outage({ state: "blocked", reason: description.refused })
    }
    const name = Catalog.quoted(description)
    const [standing] = yield* orOutage(sql<Standing>`
      select has_table_privilege(to_regclass(${name}), 'select') as readable, exists (select from pg_trigger t
        where t.tgname ~ '^inquiries_mailer_[0-9]+$' and t.tgrelid = to_regclass(${name}) and t.tgenabled in ('O', 'A')
      ) as captured`)
    if (standing?.captured === true) {
      yield* warn(ledger, `table ${showTable(description)} is left to the outbox, whose trigger stands on it`)
      continue
    }
    const readable = standing?.readable === true
    const secretKey = Catalog.isTextKey(description.keyType)
    const shared = { number, database, table, description, secretKey, readable }
    const { createdAt } = table
    const whole = { ...shared, createdAt, timeZone: database.timeZone, read: read(shared, ledger) }
    const sighted = readable && CatchUp.possible(whole)
    if (!sighted) {
      yield* warn(
        ledger,
        `table ${showTable(description)}: what is written while the connection is away is not mailed, because ${readable ? "its keys do not grow and no column says when a row was written" : "this user may not read it"}`
      )
    }
    tables.push({ ...whole, sighted })
  }
  return tables
})

interface Standing {
  readonly readable: boolean
  readonly captured: boolean
}

const read =
  ({ description, number, readable }: Pick<Watched, "description" | "number" | "readable">, ledger: Ledger) =>
  (keys: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, Row>, Outage, SqlClient> => {
    if (readable) return Records.fetch(description, keys)
    const rows = new Map<string, Row>()
    for (const key of keys) {
      const content = ledger.contentOf(number, key)
      if (content === undefined) {
        const reason = `this user may not read ${showTable(description)}, and its notifications do not hold the row: grant SELECT on it`
        return Effect.fail(new Outage({ state: "blocked", reason }))
      }
      rows.set(key, toRow(description, key, content))
    }
    return Effect.succeed(rows)
  }
