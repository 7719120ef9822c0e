// What the customer pays: INSERTs a second on a table without and with our trigger, at some numbers of clients.
import type { PgClient } from "@effect/sql-pg"
import { Clock, Effect } from "effect"

const seconds = 2
/** Without and with take turns, so that a machine that slows down slows both. */
const rounds = 3

const insert = (sql: PgClient.PgClient, table: string) =>
  sql`insert into ${sql(table)} (name, email, subject, message)
    values ('Jane Doe', 'jane@example.com', '2023 Honda Civic', 'Is it still for sale?')`

/** INSERTs a second, each a transaction of its own. */
const rate = Effect.fnUntraced(function* (sql: PgClient.PgClient, table: string, clients: number) {
  const started = yield* Clock.currentTimeMillis
  let count = 0
  const client = Effect.gen(function* () {
    while ((yield* Clock.currentTimeMillis) - started < seconds * 1_000) {
      yield* insert(sql, table)
      count++
    }
  })
  yield* Effect.all(
    Array.from({ length: clients }, () => client),
    { concurrency: clients, discard: true }
  )
  return count / (((yield* Clock.currentTimeMillis) - started) / 1_000)
})

export interface InsertCost {
  readonly clients: number
  readonly without: number
  readonly with: number
}

/** `sql` has a pool of at least `clients` connections. */
export const insertCost = Effect.fn("insertCost")(function* (
  sql: PgClient.PgClient,
  tables: { readonly without: string; readonly with: string },
  clients: number
) {
  let without = 0
  let withTrigger = 0
  for (let round = 0; round < rounds; round++) {
    without += yield* rate(sql, tables.without, clients)
    withTrigger += yield* rate(sql, tables.with, clients)
  }
  const cost: InsertCost = { clients, without: without / rounds, with: withTrigger / rounds }
  return cost
})
