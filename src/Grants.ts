// The rights that a worker needs in one database, as statements for a person to look at and run: to read the watched
// tables, and to keep the outbox. It executes none of them.
import { Effect } from "effect"
import * as Catalog from "./Catalog.ts"
import type { Database } from "./Database.ts"

/** One right that a worker needs: what it may do, and with what. */
export interface Right {
  readonly privileges: string
  readonly kind: "database" | "schema" | "table"
  /** As SQL. */
  readonly object: string
}

/** What a worker needs of the outbox. */
const ofOutbox: ReadonlyArray<Right> = [
  { privileges: "usage", kind: "schema", object: "inquiries_mailer" },
  { privileges: "select", kind: "table", object: "inquiries_mailer.identity" },
  { privileges: "select, update", kind: "table", object: "inquiries_mailer.tables" },
  { privileges: "select, insert, update, delete", kind: "table", object: "inquiries_mailer.outbox" },
  { privileges: "select, insert, update", kind: "table", object: "inquiries_mailer.ahead" },
  { privileges: "select, insert, update, delete", kind: "table", object: "inquiries_mailer.incident" },
  { privileges: "select, insert, update, delete", kind: "table", object: "inquiries_mailer.pauses" },
  { privileges: "select, insert, update, delete", kind: "table", object: "inquiries_mailer.receipt" },
  { privileges: "select, insert, delete", kind: "table", object: "inquiries_mailer.away" }
]

/** What a worker needs in this database. `outbox` says whether it keeps one there. */
export const needed = (
  database: string,
  tables: ReadonlyArray<Pick<Catalog.Description, "schema" | "name">>,
  outbox: boolean
): ReadonlyArray<Right> => {
  const schemas = new Set(tables.map(({ schema }) => Catalog.identifier(schema)))
  const names = new Set(tables.map(Catalog.quoted))
  return [
    { privileges: "connect", kind: "database", object: Catalog.identifier(database) },
    ...(outbox ? ofOutbox : []),
    ...[...schemas].map((object): Right => ({ privileges: "usage", kind: "schema", object })),
    ...[...names].map((object): Right => ({ privileges: "select", kind: "table", object }))
  ]
}

export const statement = ({ kind, object, privileges }: Right, role: string): string =>
  `grant ${privileges} on ${kind} ${object} to ${Catalog.identifier(role)};`

/** Statements, or why there are none. */
export const grants = Effect.fn("Grants.grants")(function* (database: Database, role: string) {
  const tables: Array<Catalog.Description> = []
  for (const table of database.tables) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) return description
    tables.push(description)
  }
  return [
    // The name as JSON, so that it cannot leave the comment.
    `-- ${JSON.stringify(database.name)}: in the database ${JSON.stringify(database.address.database)}`,
    ...needed(database.address.database, tables, true).map((right) => statement(right, role))
  ]
})
