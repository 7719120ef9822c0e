// What the customer pays: INSERTs a second on a table without a trigger, with ours, with ours for `wake: poll`, which notifies
// nobody, and with that of the peer, where it is asked for; and one INSERT of 100,000 rows on each, with the transaction ids that it takes.
import type { PgClient } from "@effect/sql-pg"
import { Clock, Effect } from "effect"
import { type Findings, ratio } from "./bars.ts"
import { percentile } from "./measure.ts"
import { trigger } from "./peer.ts"

const seconds = 1
/** They take turns, often, so that a machine that slows down slows all. */
const rounds = 7
const bulk = 100_000

export const tables = {
  none: "untouched",
  ours: "inquiries",
  silent: "inquiries_silent",
  peer: "inquiries_peer"
} as const
export type Which = keyof typeof tables

/** Makes the tables to compare with, where the peer is asked for in a database that has its tables, too. Ours get their triggers later. */
export const prepare = Effect.fnUntraced(function* (sql: PgClient.PgClient, peers: boolean) {
  yield* sql.unsafe(`create table ${tables.none} (like inquiries including all)`)
  yield* sql.unsafe(`create table ${tables.silent} (like inquiries including all)`)
  if (!peers) return ["none", "ours", "silent"] satisfies ReadonlyArray<Which>
  yield* sql.unsafe(`create table ${tables.peer} (like inquiries including all)`)
  for (const statement of trigger(tables.peer)) yield* sql.unsafe(statement)
  return ["none", "ours", "silent", "peer"] satisfies ReadonlyArray<Which>
})

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
  /** Medians. */
  readonly rates: ReadonlyMap<Which, number>
}

/** `sql` has a pool of at least `clients` connections. */
export const insertCost = Effect.fn("insertCost")(function* (
  sql: PgClient.PgClient,
  which: ReadonlyArray<Which>,
  clients: number
) {
  const measured = new Map(which.map((one) => [one, new Array<number>()]))
  for (let round = 0; round < rounds; round++) {
    for (const [one, rates] of measured) rates.push(yield* rate(sql, tables[one], clients))
  }
  const cost: InsertCost = {
    clients,
    rates: new Map([...measured].map(([one, rates]) => [one, percentile(rates, 0.5)]))
  }
  return cost
})

export interface BulkCost {
  readonly which: Which
  readonly millis: number
  /** Transaction ids that the one INSERT took, its own included. */
  readonly ids: number
}

const nextId = (sql: PgClient.PgClient) =>
  Effect.map(
    sql<{ readonly id: number }>`select pg_snapshot_xmax(pg_current_snapshot())::text::float8 as id`,
    ([row]) => row?.id ?? 0
  )

/** One statement of 100,000 rows; nothing else may write meanwhile. */
export const bulkCost = Effect.fn("bulkCost")(function* (sql: PgClient.PgClient, which: Which) {
  const before = yield* nextId(sql)
  const started = performance.now()
  yield* sql`
    insert into ${sql(tables[which])} (name, email, subject, message)
    select 'Jane Doe', 'jane@example.com', '2023 Honda Civic', 'Is it still for sale?' from generate_series(1, ${bulk}::integer)`
  const cost: BulkCost = { which, millis: performance.now() - started, ids: (yield* nextId(sql)) - before }
  return cost
})

export const findings = (rates: ReadonlyArray<InsertCost>, bulk: ReadonlyArray<BulkCost>): Findings => {
  const of = (clients: number, one: Which) => rates.find((rate) => rate.clients === clients)?.rates.get(one)
  const took = (which: Which) => bulk.find((one) => one.which === which)?.millis
  return {
    inserts1: ratio(of(1, "ours"), of(1, "none")),
    silent8: ratio(of(8, "silent"), of(8, "none")),
    silent32: ratio(of(32, "silent"), of(32, "none")),
    bulk: ratio(took("ours"), took("none")),
    ...(of(8, "peer") !== undefined && {
      peer8: ratio(of(8, "ours"), of(8, "peer")),
      peer32: ratio(of(32, "ours"), of(32, "peer"))
    })
  }
}
