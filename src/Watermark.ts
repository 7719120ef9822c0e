// Up to where a table is swept: `migrate` notes what is there already, which is never mailed; the sweep moves it on; and
// nothing above it may be pruned, because a row whose notice is gone would look like one that was never captured.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Description } from "./Catalog.ts"
import { identifier, quoted } from "./Catalog.ts"
import type { Table } from "./Database.ts"
import { noticesFor } from "./Keyed.ts"
import * as Order from "./Order.ts"

export interface Swept {
  readonly description: Description
  readonly table: Pick<Table, "createdAt">
  readonly timeZone: string
}

/** A row whose time is this much older than its commit, or a clock this much behind, is still seen. */
export const overlap = "interval '1 hour'"

/** By what a table is walked: `key` names row `r` in SQL, `at` its place in the order. `$1` is the zone. */
export const orderOf = ({ description, table }: Pick<Swept, "description" | "table">) => {
  const key = `(r.${identifier(description.key)}::text collate "default")`
  if (Order.grows(description)) {
    const at = `r.${identifier(description.key)}`
    return { by: "key", key, at, type: "bigint" } as const
  }
  const written = Order.written(description, table.createdAt, "$1")
  if (written === undefined) return undefined
  return { by: "time", key, at: written.at, type: "timestamptz" } as const
}

/**
 * Notes what is there, once a table; a table that was made anew begins anew. For keys this belongs into the transaction that
 * made the trigger: its lock waited for whoever wrote, so that no row from before is still to come. Times may have no
 * index, so that it comes after that, when nobody waits for the lock: what was written meanwhile has its notice.
 */
export const begin = Effect.fn("Watermark.begin")(function* (number: number, swept: Swept) {
  const order = orderOf(swept)
  if (order === undefined) return
  const sql = yield* SqlClient
  const name = quoted(swept.description)
  const [known] = yield* sql`
    select from inquiries_mailer.tables where number = ${number} and swept_by = ${order.by}
      and swept_table = to_regclass(${name})`
  if (known !== undefined) return
  if (order.by === "time") {
    yield* sql`set local statement_timeout = '1min'`
    // Dated ahead: they would come up as new when their time comes.
    yield* sql.unsafe(
      `insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at, row_time)
      select $2::integer, ${order.key}, 'dismissed', clock_timestamp(), ${order.at} from ${name} r
      where ${order.at} > now() and ${zoneUsed} and not exists (select from ${noticesOf("$2::integer", order.key)})`,
      [swept.timeZone, number]
    )
  }
  const through =
    order.by === "key"
      ? `select coalesce(max(${order.at}), '-9223372036854775808'::bigint)::text from ${name} r`
      : `(now() + ${overlap})::text`
  yield* sql.unsafe(
    `update inquiries_mailer.tables set swept_table = to_regclass($2), swept_by = $3, swept_through = (${through}),
      swept_next = null, swept_horizon = null, sweep_waiting = null, watched_since = clock_timestamp()
    where number = $1::integer`,
    [number, name, order.by]
  )
})

/** Every parameter has to stand in the statement, also where no time lacks a zone. */
export const zoneUsed = "$1::text is not null"

/** The notices `o` for a key, whatever became of them. */
export const noticesOf = (number: string, key: string): string =>
  `${noticesFor("u.ctid as place, u.id, u.created_at, u.row_time", number, key)} o`

/** Forgets it, for a table that is no longer watched: what comes until it is again is not to be mailed. */
export const forget = Effect.fn("Watermark.forget")(function* (number: number) {
  const sql = yield* SqlClient
  yield* sql`update inquiries_mailer.tables set swept_table = null, swept_by = null where number = ${number}`
})

/** Whether the sweep no longer needs notice `o`, which is settled. Without a watermark nothing is swept. */
export const prunable = `not exists (select from inquiries_mailer.tables t where t.number = o.table_number
  and not case t.swept_by
    when 'key' then case when o.key ~ '^-?[0-9]{1,19}$' then o.key::numeric <= t.swept_through::numeric else true end
    when 'time' then greatest(o.created_at, o.row_time) < t.swept_through::timestamptz - 2 * ${overlap}
    else true end)`
