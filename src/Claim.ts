// The statement that claims, one autocommit round trip: what is due in each table, under a lease and a token; what a newer
// row has superseded; and when something else comes due, so that nobody has to ask for it.
import { Clock, Duration, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Claimed, ClaimToken, Notice, NoticeId } from "./Notice.ts"
import { pausedSince } from "./Pause.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** Milliseconds: a claim is good for this long unless renewed. */
export const lease = 30_000

// "Unsettled" has three wordings, so that each question fits one index only: `outcome is null` what is due (outbox_due),
// `coalesce(outcome, '') = ''` a key (outbox_key), and this one an id. With statistics from a quiet hour, when nothing was
// unsettled, the planner takes the partial indexes for empty and would walk a whole backlog in them to find one row.
// For the same reason whatever is looked up by id says so with an array: joined to a few ids, an index that was small
// when it was looked at is read from end to end.

/** Whether notice `o` is unsettled, where its id is known. */
export const unsettled = "coalesce(o.outcome, 'unsettled') = 'unsettled'"

/** The unsettled notices `n` for the key of notice `o`. */
export const sameKey = `inquiries_mailer.outbox n where hashtextextended(n.key, 0) = hashtextextended(o.key, 0)
  and n.table_number = o.table_number and n.key = o.key and coalesce(n.outcome, '') = ''`

/** Whether a newer row has taken the key of notice `o`, and waits to be mailed. `offset 0` keeps it from becoming a join. */
export const newerWaits = `exists (select from ${sameKey} and (n.created_at, n.id) > (o.created_at, o.id) offset 0)`

/** Claims at most `limit` of what is due in these tables, an equal share a table. `only` is one more SQL condition for it. */
export const claim = (sql: SqlClient, tables: ReadonlyArray<number>, only = "") =>
  Effect.fn("Outbox.claim")(function* (limit: number) {
    const share = Math.max(1, Math.ceil(limit / tables.length))
    // Before the statement: a row then looks older by its way, and never younger than it is.
    const now = yield* Clock.currentTimeMillis
    const rows = yield* orOutage(
      sql<ClaimRow>`
        with paused as materialized (select ${sql.literal(pausedSince)} as since
          from unnest(${tables}::integer[]) as t (number)
        ),
        due as materialized (
          select o.*, row_number() over (partition by o.table_number order by o.due_at) as turn,
            ${sql.literal(newerWaits)} as stale
          from unnest(${tables}::integer[]) as t (number) cross join lateral (
            select * from inquiries_mailer.outbox
            where table_number = t.number and outcome is null and due_at <= statement_timestamp() ${sql.literal(only)}
            order by due_at limit ${share} for update skip locked
          ) o
          where (select since from paused) is null
        ),
        -- What is stale itself, and what is older than something due. A send that is under way settles itself.
        superseded as (
          update inquiries_mailer.outbox o
          set outcome = 'superseded', settled_at = clock_timestamp(), claim = null
          where o.id = any(array(
              select id from due where stale
              union all
              select older.id from due o cross join lateral (
                select n.id from ${sql.literal(sameKey)} and (n.created_at, n.id) < (o.created_at, o.id) offset 0
              ) older
            ))
            and ${sql.literal(unsettled)} and (o.begun_at is null or o.due_at <= clock_timestamp())
          returning o.id, o.table_number, o.key
        ),
        -- A claim that a crash of the server forgets is no harm: without its token nothing can be begun.
        token as materialized (
          select gen_random_uuid() as value, set_config('synchronous_commit', 'off', true) as forgettable
        ),
        claimed as (
          update inquiries_mailer.outbox o
          set claim = token.value, due_at = clock_timestamp() + ${lease}::float8 * interval '1 ms',
            -- Begun and never settled: whoever held it crashed, and the mail may have been accepted.
            begun_at = null, maybe_sent = o.maybe_sent or o.begun_at is not null,
            attempts = o.attempts + (o.begun_at is not null)::integer,
            crashes = o.crashes + (o.begun_at is not null)::integer,
            looks = case when o.begun_at is null then o.looks else 0 end,
            put_back = o.put_back and o.begun_at is null
          from due d, token
          where o.id = d.id and o.id = any(array(select id from due where not stale)) and ${sql.literal(unsettled)}
          returning o.*, d.turn
        )
        select id, claim, table_number as number, key, attempts, maybe_sent as "maybeSent", looks, crashes,
          put_back as "putBack", extract(epoch from waited)::float8 * 1000 as waited, turn, null::float8 as "untilDue",
          extract(epoch from clock_timestamp() - created_at)::float8 * 1000 as age, null as "pausedSince"
        from claimed
        union all
        select id, null, table_number, key, 0, false, 0, 0, false, 0, 0, null, 0, null from superseded
        union all
        select null, null, 0, '', 0, false, 0, 0, false, 0, 0,
          extract(epoch from min(o.due_at) - clock_timestamp())::float8 * 1000, 0, (select since from paused)
        from unnest(${tables}::integer[]) as t (number) cross join lateral (
          select due_at from inquiries_mailer.outbox
          where table_number = t.number and outcome is null and id not in (select id from due)
          order by due_at limit 1
        ) o
        order by turn, number`
    )
    const notices: Array<Notice> = []
    const superseded: Array<Claimed["superseded"][number]> = []
    let untilDue: Duration.Duration | undefined
    let since: string | undefined
    for (const row of rows) {
      if (row.id === null) {
        untilDue = row.untilDue === null ? undefined : Duration.millis(Math.max(0, row.untilDue))
        since = row.pausedSince ?? undefined
      } else if (row.claim === null) superseded.push({ id: row.id, table: row.number, key: row.key ?? "" })
      else notices.push(toNotice(row, row.id, row.claim, now))
    }
    const claimed: Claimed = { notices, superseded, untilDue, pausedSince: since }
    return claimed
  })

const nothing: Claimed = { notices: [], superseded: [], untilDue: undefined, pausedSince: undefined }

/**
 * Until something was there for the first time, a claim asks only whether there is: to plan the whole statement costs a session
 * tens of milliseconds, which hundreds of databases need not spend at the same start. Whoever may not claim is told so at once.
 */
export const onceThereIs = (
  sql: SqlClient,
  tables: ReadonlyArray<number>,
  claim: (limit: number) => Effect.Effect<Claimed, Outage>
) => {
  let seen = false
  const look = orOutage(sql<{ readonly seen: boolean }>`
    select exists (select from inquiries_mailer.outbox where table_number = any(${tables}::integer[]) and outcome is null)
      or exists (select from inquiries_mailer.pauses)
      or not has_table_privilege('inquiries_mailer.outbox', 'update') as seen`)
  return (limit: number): Effect.Effect<Claimed, Outage> =>
    Effect.suspend(() =>
      seen
        ? claim(limit)
        : Effect.flatMap(look, ([row]) => {
            seen = row?.seen !== false
            return seen ? claim(limit) : Effect.succeed(nothing)
          })
    )
}

interface ClaimRow {
  /** Null in the one row that tells `untilDue`. */
  readonly id: NoticeId | null
  /** Null where the notice is superseded. */
  readonly claim: ClaimToken | null
  readonly number: number
  /** Null where the notice is a digest. */
  readonly key: string | null
  readonly attempts: number
  readonly maybeSent: boolean
  readonly looks: number
  readonly crashes: number
  readonly putBack: boolean
  readonly waited: number
  readonly untilDue: number | null
  readonly age: number
  readonly pausedSince: string | null
}

const toNotice = (row: ClaimRow, id: NoticeId, claim: ClaimToken, now: number): Notice => {
  const { attempts, crashes, key, looks, maybeSent, number, putBack, waited } = row
  return {
    ...{ id, claim, table: number, key: key ?? "", attempts, maybeSent, looks, crashes, putBack },
    ...(key === null ? { digest: true } : {}),
    waited: Duration.millis(waited),
    createdAt: now - row.age
  }
}
