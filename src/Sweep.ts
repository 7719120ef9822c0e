// Finds rows that have no notice, because their trigger was disabled, dropped or failed, and gives them one. It looks only
// above the watermark (`Watermark.ts`), so that what `migrate` found there is never mailed, and moves that on only past
// rows that have a notice, once every transaction that ran beside them has ended: one with a lower key may commit late.
// Many finds at once look like an import or a restore: they wait until somebody decides.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { quoted } from "./Catalog.ts"
import { channel } from "./Connection.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Swept } from "./Watermark.ts"
import { noticesOf, orderOf, overlap, zoneUsed } from "./Watermark.ts"

/** More finds of one sweep and table are not mailed without being asked for. */
export const fuse = 20
/** Rows looked at by one statement: milliseconds. */
const page = 1_000

export type Decision = "approve" | "dismiss"

export interface Found {
  /** Why the table is not swept: nothing says what is new in it, `migrate` has not begun it, or another worker is at it. */
  readonly unswept?: "unordered" | "unknown" | "busy"
  readonly count: number
  /** How many await a decision, as it was when they began to; zero if none do. */
  readonly waiting: number
  readonly outcome: "mailed" | "dismissed" | "held"
}

const nothing: Found = { count: 0, waiting: 0, outcome: "held" }

interface Standing {
  readonly through: string
  readonly next: string | null
  readonly passed: boolean
  readonly waiting: number
}

interface Seen {
  readonly key: string
  readonly at: string
  readonly seen: boolean
  /** Its time is long after its notice: somebody's clock is wrong, and prune must know. */
  readonly ahead: boolean
}

/**
 * Sweeps one table, in one transaction: of several workers one does, and the others pass by. A decision is for what waits, or
 * would wait at the next sweep; without one nothing that waits is touched, and with `look` nothing at all.
 */
export const sweep = Effect.fn("Sweep.sweep")(function* (number: number, swept: Swept, decision?: Decision | "look") {
  const order = orderOf(swept)
  if (order === undefined) return { ...nothing, unswept: "unordered" } satisfies Found
  const sql = yield* SqlClient
  const name = quoted(swept.description)
  const lower = order.by === "key" ? "" : ` - ${overlap}`

  const look = Effect.fnUntraced(function* (
    through: string,
    use: (rows: ReadonlyArray<Seen>) => Effect.Effect<unknown, Effect.Error<typeof lock>>
  ) {
    let after: Seen | undefined
    while (true) {
      // Keys alone need no second criterion, and walk their index.
      const bound = `$2::text::${order.type}`
      const from =
        after === undefined
          ? `${order.at} > ${bound}${lower} and $3::text = ''`
          : `${order.at} >= ${bound} and (${order.at} > ${bound} or ${order.key} > $3::text)`
      const rows: ReadonlyArray<Seen> = yield* sql.unsafe<Seen>(
        `select ${order.key} as key, ${order.at}::text as at,
          exists (select from ${noticesOf(`${number}`, order.key)}) as seen,
          ${order.by === "key" ? "false" : `exists (select from ${noticesOf(`${number}`, order.key)} where o.created_at < ${order.at} - ${overlap})`} as ahead
        from ${name} r
        where ${from} and ${zoneUsed}
        order by ${order.at}, ${order.key} limit ${page}`,
        [swept.timeZone, after?.at ?? through, after?.key ?? ""]
      )
      yield* use(rows)
      after = rows.at(-1)
      if (after === undefined || rows.length < page) return
    }
  })
  const lock = sql<{ readonly free: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('inquiries_mailer.sweep', ${number})) as free`

  const work = Effect.gen(function* () {
    const [locked] = yield* lock
    if (locked?.free !== true) return { ...nothing, unswept: "busy" } satisfies Found
    // A statement of its own after the lock, so that it sees what the last sweep did.
    const [standing] = yield* sql<Standing>`
      select swept_through as through, swept_next as next, coalesce(sweep_waiting, 0) as waiting,
        coalesce(pg_snapshot_xmin(pg_current_snapshot()) >= swept_horizon, false) as passed
      from inquiries_mailer.tables
      where number = ${number} and swept_by = ${order.by} and swept_table = to_regclass(${name})`
    if (standing === undefined) return { ...nothing, unswept: "unknown" } satisfies Found
    const finds: Array<string> = []
    let count = 0
    let highest: string | undefined
    yield* look(standing.through, (rows) => {
      for (const { key, seen } of rows) if (!seen && ++count <= fuse) finds.push(key)
      highest = rows.at(-1)?.at ?? highest
      const ahead = rows.filter(({ ahead }) => ahead)
      return ahead.length === 0 || decision === "look" ? Effect.void : keep(ahead)
    })
    const held = count > 0 && (standing.waiting > 0 || count > fuse)
    const waiting = !held ? 0 : standing.waiting > 0 ? standing.waiting : count
    const found: Found = { count, waiting, outcome: "held" }
    if (decision === "look") return found
    if (held && decision === undefined) {
      yield* sql`update inquiries_mailer.tables set sweep_waiting = ${waiting}::integer where number = ${number}`
      return found
    }
    if (!held && decision !== undefined) return found
    const outcome = decision === "dismiss" ? "dismissed" : ""
    if (decision === undefined) yield* add(finds, outcome)
    else {
      yield* look(standing.through, (rows) =>
        add(
          rows.filter(({ seen }) => !seen).map(({ key }) => key),
          outcome
        )
      )
    }
    yield* advance(standing, highest)
    return { ...found, waiting: 0, outcome: outcome === "" ? "mailed" : "dismissed" } satisfies Found
  })

  const add = Effect.fnUntraced(function* (keys: ReadonlyArray<string>, outcome: string) {
    if (keys.length === 0) return
    yield* sql`
      insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
      select ${number}::integer, k.key, nullif(${outcome}::text, ''),
        case when ${outcome}::text <> '' then clock_timestamp() end
      from unnest(${keys}::text[]) with ordinality as k (key, turn) order by k.turn`
    if (outcome === "")
      yield* sql`select pg_notify(${channel}, ${JSON.stringify({ table: `${swept.description.schema}.${swept.description.name}` })})`
  })

  const keep = (rows: ReadonlyArray<Seen>) => sql`
    update inquiries_mailer.outbox n set row_time = k.at::timestamptz
    from unnest(${rows.map(({ key }) => key)}::text[], ${rows.map(({ at }) => at)}::text[]) as k (key, at)
      cross join lateral ${sql.literal(noticesOf(`${number}`, "k.key"))}
    where n.ctid = o.place and o.row_time is distinct from k.at::timestamptz`

  /** Every row up to `next` was seen just now. Whoever wrote beside it when it was noted has ended, or it stays. */
  const advance = Effect.fnUntraced(function* ({ next, passed }: Standing, highest: string | undefined) {
    const type = sql.literal(order.type)
    if (passed && next !== null) {
      yield* sql`
        update inquiries_mailer.tables
        set swept_through = greatest(swept_through::${type}, ${next}::text::${type})::text where number = ${number}`
    }
    const reached = order.by === "key" ? sql`${highest ?? ""}::text` : sql`now()::text`
    yield* sql`
      update inquiries_mailer.tables
      set sweep_waiting = null, swept_next = nullif(${reached}, ''), swept_horizon = pg_snapshot_xmax(pg_current_snapshot())
      where number = ${number} and ${passed || next === null}`
    yield* sql`update inquiries_mailer.tables set sweep_waiting = null where number = ${number} and sweep_waiting is not null`
  })

  return yield* sql.withTransaction(work)
}, orOutage)
