// Rows that nobody was notified of, because the connection was away: asked for above the last one seen, with an overlap
// for transactions that commit late. Only where keys grow or a column says when a row was written. What was there at the
// first look is known, and never mailed.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Description } from "./Catalog.ts"
import { identifier, quoted } from "./Catalog.ts"
import type { Ledger } from "./Ledger.ts"
import * as Order from "./Order.ts"
import { orOutage } from "./SqlOutage.ts"

/** A transaction that took its key this many keys ago, or wrote its time this long ago, and commits now, is still seen. */
const overlap = { keys: 1_000, time: "1 hour" }
const page = 2_000

export interface Sighted {
  readonly number: number
  readonly description: Description
  /** The column that says when a row was written, where the table has it. */
  readonly createdAt: string
  /** IANA: of times without zone. */
  readonly timeZone: string
}

/** Whether rows of this table can be caught up with. */
export const possible = (table: Sighted): boolean => grows(table) || written(table) !== undefined

/** Makes known what is there: at the first look, and for a replica that stands by. */
export const begin = Effect.fn("CatchUp.begin")(function* (table: Sighted, ledger: Ledger) {
  ledger.marks.delete(table.number)
  yield* look(table, ledger, (key) => Effect.sync(() => ledger.remember(table.number, key)))
})

/** Captures what came since the last look, oldest first; `maybeSent` if another replica may have mailed it. */
export const since = Effect.fn("CatchUp.since")(function* (table: Sighted, ledger: Ledger, maybeSent: boolean) {
  yield* look(table, ledger, (key) => ledger.capture(table.number, key, { maybeSent }))
})

type Found = (key: string) => Effect.Effect<void>

const look = (table: Sighted, ledger: Ledger, found: Found) =>
  grows(table) ? byKey(table, ledger, found) : byTime(table, ledger, found)

const grows = ({ description }: Sighted): boolean => Order.grows(description)

const written = ({ createdAt, description }: Sighted) => Order.written(description, createdAt, "$2")

interface Key {
  readonly key: string
}

const byKey = Effect.fnUntraced(function* ({ description, number }: Sighted, ledger: Ledger, found: Found) {
  const sql = yield* SqlClient
  const column = `r.${identifier(description.key)}`
  const highest = `(select max(${column}) from ${quoted(description)} r)`
  while (true) {
    const mark = ledger.marks.get(number)
    const rows = yield* orOutage(
      sql.unsafe<Key>(
        `select ${column}::text as key from ${quoted(description)} r
        where ${column} > coalesce($1::text::bigint, ${highest}::bigint, 0) - ${overlap.keys} order by ${column} limit ${page}`,
        [mark ?? null]
      )
    )
    for (const { key } of rows) yield* found(key)
    // Keys of an empty table are taken to begin near zero, as those of a sequence do.
    ledger.marks.set(number, rows.at(-1)?.key ?? mark ?? "0")
    if (rows.length < page) return
  }
})

const byTime = Effect.fnUntraced(function* (table: Sighted, ledger: Ledger, found: Found) {
  const column = written(table)
  if (column === undefined) return
  const sql = yield* SqlClient
  const { description, number, timeZone } = table
  const [now] = yield* orOutage(sql<Key>`select clock_timestamp()::text as key`)
  const rows = yield* orOutage(
    sql.unsafe<Key>(
      `select r.${identifier(description.key)}::text as key from ${quoted(description)} r
      where ${column.at} > coalesce($1::text::timestamptz, clock_timestamp()) - interval '${overlap.time}' order by ${column.at}`,
      [ledger.marks.get(number) ?? null, ...(column.zoned ? [timeZone] : [])]
    )
  )
  for (const { key } of rows) yield* found(key)
  if (now !== undefined) ledger.marks.set(number, now.key)
})
