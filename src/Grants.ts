// The rights that a worker needs in one database, as statements for a person to look at and run: to read the watched
// tables, and to keep the outbox. It executes none of them.
import { Effect } from "effect"
import * as Catalog from "./Catalog.ts"
import type { Database } from "./Database.ts"

/** Statements, or why there are none. */
export const grants = Effect.fn("Grants.grants")(function* (database: Database, role: string) {
  const tables = new Map<string, Catalog.Description>()
  for (const table of database.tables) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) return description
    tables.set(Catalog.quoted(description), description)
  }
  const to = `to ${Catalog.identifier(role)};`
  const schemas = new Set([...tables.values()].map(({ schema }) => Catalog.identifier(schema)))
  return [
    // The name as JSON, so that it cannot leave the comment.
    `-- ${JSON.stringify(database.name)}: in the database ${JSON.stringify(database.address.database)}`,
    `grant connect on database ${Catalog.identifier(database.address.database)} ${to}`,
    `grant usage on schema inquiries_mailer ${to}`,
    `grant select on inquiries_mailer.identity ${to}`,
    `grant select, update on inquiries_mailer.tables ${to}`,
    `grant select, insert, update, delete on inquiries_mailer.outbox ${to}`,
    `grant select, insert, update, delete on inquiries_mailer.incident ${to}`,
    `grant select, insert, update, delete on inquiries_mailer.pauses ${to}`,
    ...[...schemas].map((schema) => `grant usage on schema ${schema} ${to}`),
    ...[...tables.keys()].map((table) => `grant select on table ${table} ${to}`)
  ]
})
