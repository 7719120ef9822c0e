// What was parked in one database, and what an operator does about it: look, put back into the queue, or discard for good.
// Each change is one statement that asks again whether the notice is still parked, so that of several operators, and a
// worker beside them, each notice meets one.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { channel } from "./Connection.ts"
import type { DatabaseName } from "./Database.ts"
import { rankOf } from "./NewId.ts"
import type { NoticeId } from "./Notice.ts"
import { parkedFor } from "./Settlement.ts"
import { instant, secretKey, showKey } from "./Shown.ts"
import { orOutage } from "./SqlOutage.ts"
import { noticesOf } from "./Watermark.ts"

export type Reason = keyof typeof parkedFor | "rejected"
export const reasons: ReadonlyArray<Reason> = [
  ...Object.keys(parkedFor).filter((code): code is keyof typeof parkedFor => code in parkedFor),
  "rejected"
]

/** SQL: the code of the reason for which notice `o` is parked. */
export const reasonOf = `case ${Object.entries(parkedFor)
  .map(([code, beginning]) => `when starts_with(o.detail, '${beginning}') then '${code}'`)
  .join(" ")} else 'rejected' end`

/** SQL: whether notice `o` is parked, where its table is known; only the index for it fits. */
export const parked = "coalesce(o.outcome, '') = 'parked'"
/** The same where its id is known. */
const stillParked = "coalesce(o.outcome, 'unsettled') = 'parked'"

/** All that is parked, unless it is narrowed down. */
export interface Selection {
  readonly id?: string | undefined
  readonly reason?: Reason | undefined
  /** `schema.name` or `name`. */
  readonly table?: string | undefined
}

export interface Parked {
  readonly id: NoticeId
  readonly table: string
  readonly key: string
  readonly reason: Reason
  readonly detail: string
  readonly parkedAt: string
  readonly attempts: number
  /** The mail may have been accepted before; one that is sent after all says so in a header. */
  readonly maybeSent: boolean
}

/** What became of it. */
export interface Changed extends Parked {
  /** `superseded`: a newer row has taken its key, and has a notice of its own. */
  readonly outcome: "queued" | "superseded" | "discarded"
}

/** Shown at once; the newest come first. */
const page = 100
/** Changed by one statement: some milliseconds, so that nobody waits for its locks. */
const batch = 1_000

const columns = `o.id, t.table_schema || '.' || t.table_name as "table", o.key, ${secretKey} as "secretKey",
  ${reasonOf} as reason, coalesce(o.detail, '') as detail, ${instant("o.settled_at")} as "parkedAt", o.attempts,
  o.maybe_sent as "maybeSent"`

interface Stored {
  readonly key: string
  readonly secretKey: boolean
}

const shown = <A extends Stored>({ secretKey, ...row }: A) => ({ ...row, key: showKey(row.key, secretKey) })

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

const ofTable = (sql: SqlClient, { table = "" }: Selection) =>
  sql`(${table}::text = '' or ${table}::text in (t.table_name, t.table_schema || '.' || t.table_name))`

/** At most 100, and whether there are more. */
export const list = Effect.fn("Parked.list")(function* (database: DatabaseName, selection: Selection) {
  const sql = yield* SqlClient
  const { reason = "" } = selection
  const rows = yield* orOutage(sql<Parked & Stored>`
    select ${sql.literal(columns)}
    from inquiries_mailer.tables t cross join lateral (
      select * from inquiries_mailer.outbox o
      where o.table_number = t.number and ${sql.literal(parked)}
        and (${reason}::text = '' or ${sql.literal(reasonOf)} = ${reason}::text)
      order by o.settled_at desc limit ${page + 1}
    ) o
    where t.database_name = ${database} and ${ofTable(sql, selection)}
    order by o.settled_at desc, o.id limit ${page + 1}`)
  return { notices: rows.slice(0, page).map(shown), more: rows.length > page }
})

export interface Shown extends Omit<Parked, "parkedAt" | "reason"> {
  readonly outcome: string | null
  /** Null unless it is parked. */
  readonly reason: Reason | null
  readonly createdAt: string
  readonly firstAttemptAt: string | null
  readonly settledAt: string | null
  readonly dueAt: string
  readonly crashes: number
}

/** One notice, parked or not; undefined if this database has none with that id. */
export const show = Effect.fn("Parked.show")(function* (database: DatabaseName, id: string) {
  if (!uuid.test(id)) return undefined
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<Shown & Stored>`
    select o.id, t.table_schema || '.' || t.table_name as "table", o.key, ${sql.literal(secretKey)} as "secretKey",
      o.outcome, coalesce(o.detail, '') as detail, o.attempts, o.crashes, o.maybe_sent as "maybeSent",
      case when o.outcome = 'parked' then ${sql.literal(reasonOf)} end as reason,
      ${sql.literal(instant("o.created_at"))} as "createdAt",
      ${sql.literal(instant("o.first_attempt_at"))} as "firstAttemptAt",
      ${sql.literal(instant("o.settled_at"))} as "settledAt", ${sql.literal(instant("o.due_at"))} as "dueAt"
    from inquiries_mailer.outbox o join inquiries_mailer.tables t on t.number = o.table_number
    where o.id = ${id}::uuid and t.database_name = ${database}`)
  return row === undefined ? undefined : shown(row)
})

// The row belongs to the newest notice of its key: an older one would mail it once more, as another mail.
const replaced = `exists (select from (select id, created_at from ${noticesOf("o.table_number", "o.key")}) n
  where (n.created_at, ${rankOf("n.id")}) > (o.created_at, ${rankOf("o.id")}))`

/** Unsettled again, due now, as if nothing had been tried; but what may have been sent stays so, and so its Message-ID. */
const putBack = `outcome = case when c.replaced then 'superseded' end,
  settled_at = case when c.replaced then clock_timestamp() end,
  claim = null, begun_at = null, due_at = clock_timestamp(), put_back = true, detail = null, first_attempt_at = null,
  attempts = 0, crashes = 0, looks = 0, waited = interval '0', burst = 'singly', digest = null`

const setAside = "outcome = 'discarded', settled_at = clock_timestamp(), claim = null"

/** Puts parked notices back into the queue, and wakes who watches it. Says which. */
export const retry = (database: DatabaseName, selection: Selection) => change(database, selection, putBack)

/** Settles parked notices for good: they are never mailed, and pruned later. Says which. */
export const discard = (database: DatabaseName, selection: Selection) => change(database, selection, setAside)

const change = Effect.fn("Parked.change")(function* (database: DatabaseName, selection: Selection, how: string) {
  const sql = yield* SqlClient
  const { id, reason = "" } = selection
  const changed: Array<Changed> = []
  if (id !== undefined && !uuid.test(id)) return changed
  // What is parked anew meanwhile is not meant: a mail that Microsoft refuses would go round and round.
  const [now] = yield* orOutage(sql<{ readonly time: string }>`select clock_timestamp()::text as time`)
  const where =
    id === undefined
      ? sql`o.table_number = t.number and ${sql.literal(parked)}`
      : sql`o.id = ${id}::uuid and o.table_number = t.number and ${sql.literal(stillParked)}`
  while (true) {
    const rows = yield* orOutage(sql<Changed & Stored>`
      with chosen as materialized (
        select o.ctid as place, ${sql.literal(columns)}, ${sql.literal(replaced)} as replaced
        from inquiries_mailer.tables t cross join lateral (
          select o.ctid, o.* from inquiries_mailer.outbox o
          where ${where} and o.settled_at <= ${now?.time ?? ""}::timestamptz
            and (${reason}::text = '' or ${sql.literal(reasonOf)} = ${reason}::text)
          limit ${batch} for update skip locked
        ) o
        where t.database_name = ${database} and ${ofTable(sql, selection)}
        limit ${batch}
      ),
      changed as (
        update inquiries_mailer.outbox o set ${sql.literal(how)}
        from chosen c
        where o.ctid = c.place
        returning c.*, coalesce(o.outcome, 'queued') as outcome
      ),
      woken as materialized (
        select pg_notify(${channel}, '{"parked":"changed"}') from (select from changed limit 1) any_of_them
      )
      select id, "table", key, "secretKey", reason, detail, "parkedAt", attempts, "maybeSent", outcome
      from changed cross join woken`)
    changed.push(...rows.map(shown))
    if (rows.length < batch) return changed
  }
})
