// How one database stands, for an operator: what waits, what was parked, what became of the last day's rows. Every count
// walks an index and ends at 10,000, so that neither a backlog nor years of settled notices make it slow.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { DatabaseName } from "./Database.ts"
import { parked, type Reason, reasonOf } from "./Parked.ts"
import * as Pause from "./Pause.ts"
import { instant, secretKey, showKey } from "./Shown.ts"
import { orOutage } from "./SqlOutage.ts"

/** Of a table and kind; a count of as many means so many or more. */
export const countLimit = 10_000

export const showCount = (count: number): string => (count >= countLimit ? `${count} or more` : String(count))
const recentLimit = 10

export interface Counts {
  /** Where this was read: `memory` where nothing may be installed, and then only what waits is known. */
  readonly source: "outbox" | "memory"
  readonly pausedSince: string | null
  /** To be mailed, or tried again. */
  readonly waiting: number
  /** Of those, held for a digest or in one, see Burst.ts. */
  readonly held: number
  /** Of those, may have been sent already. */
  readonly uncertain: number
  /** How long the oldest of them has been waiting. */
  readonly oldestWaitingSeconds: number | null
  readonly parked: Partial<Record<Reason, number>>
  /** In the last 24 hours. */
  readonly sent: number
  /** Rows that were deleted before they could be mailed, in the last 24 hours. */
  readonly gone: number
  /** When a mail was last accepted; null also if 10,000 others were settled since. */
  readonly lastSentAt: string | null
  /** What was settled last, the newest first. */
  readonly recent: ReadonlyArray<Recent>
}

export interface Recent {
  readonly table: string
  readonly key: string
  readonly outcome: string
  readonly at: string
}

export const count = Effect.fn("Counts.count")(function* (database: DatabaseName) {
  const sql = yield* SqlClient
  const [waiting] = yield* orOutage(sql<Pick<Counts, "waiting" | "held" | "uncertain" | "oldestWaitingSeconds">>`
    select count(o.key)::integer as waiting,
      (count(*) filter (where o.burst = 'held'))::integer as held,
      (count(*) filter (where o.maybe_sent or o.begun_at is not null and o.due_at < clock_timestamp()))::integer as uncertain,
      extract(epoch from clock_timestamp() - min(o.created_at))::float8 as "oldestWaitingSeconds"
    from inquiries_mailer.tables t cross join lateral (
      select * from inquiries_mailer.outbox w where w.table_number = t.number and w.outcome is null
      order by w.due_at limit ${countLimit}
    ) o
    where t.database_name = ${database}`)
  const reasons = yield* orOutage(sql<{ readonly reason: Reason; readonly count: number }>`
    select ${sql.literal(reasonOf)} as reason, count(*)::integer as count
    from inquiries_mailer.tables t cross join lateral (
      select detail from inquiries_mailer.outbox o where o.table_number = t.number and ${sql.literal(parked)}
      order by o.settled_at desc limit ${countLimit}
    ) o
    where t.database_name = ${database} group by 1 order by 1`)
  // `now()`, not clock_timestamp(), which no index condition may hold.
  const [day] = yield* orOutage(sql<Pick<Counts, "sent" | "gone" | "lastSentAt">>`
    select coalesce(sum(o.sent), 0)::integer as sent, coalesce(sum(o.gone), 0)::integer as gone,
      ${sql.literal(instant("max(l.settled_at)"))} as "lastSentAt"
    from inquiries_mailer.tables t
      cross join lateral (
        select count(*) filter (where d.outcome = 'sent') as sent, count(*) filter (where d.outcome = 'gone') as gone
        from (
          select outcome from inquiries_mailer.outbox
          where table_number = t.number and outcome is not null and settled_at > now() - interval '24 hours'
          order by settled_at desc limit ${countLimit}
        ) d
      ) o
      left join lateral (
        select s.settled_at from (
          select outcome, settled_at from inquiries_mailer.outbox
          where table_number = t.number and outcome is not null order by settled_at desc limit ${countLimit}
        ) s
        where s.outcome = 'sent' order by s.settled_at desc limit 1
      ) l on true
    where t.database_name = ${database}`)
  const recent = yield* orOutage(sql<Recent & { readonly secretKey: boolean }>`
    select t.table_schema || '.' || t.table_name as "table", o.key, ${sql.literal(secretKey)} as "secretKey", o.outcome,
      ${sql.literal(instant("o.settled_at"))} as at
    from inquiries_mailer.tables t cross join lateral (
      select key, outcome, settled_at from inquiries_mailer.outbox
      where table_number = t.number and outcome is not null order by settled_at desc limit ${recentLimit}
    ) o
    where t.database_name = ${database} order by o.settled_at desc limit ${recentLimit}`)
  const counts: Counts = {
    source: "outbox",
    pausedSince: (yield* Pause.since(database)) ?? null,
    ...(waiting ?? { waiting: 0, held: 0, uncertain: 0, oldestWaitingSeconds: null }),
    parked: Object.fromEntries(reasons.map(({ count, reason }) => [reason, count])),
    ...(day ?? { sent: 0, gone: 0, lastSentAt: null }),
    recent: recent.map(({ secretKey, ...each }) => ({ ...each, key: showKey(each.key, secretKey) }))
  }
  return counts
})
