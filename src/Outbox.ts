// The durable queue of one database, and the truth about what was mailed. All times are the database's own clock. Claim,
// begin and settle are single autocommit statements, so that a peer that vanished keeps nothing locked. `due_at` is when
// a notice may next be acted upon: its turn, or while it is claimed the end of the lease. So one index answers both what
// is due and when the next is, and a dead replica's notices come up by themselves.
import { Context, Duration, Effect, Exit, Layer, Request } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as GroupCommit from "./GroupCommit.ts"
import type { Claimed, ClaimToken, Notice, NoticeId } from "./Notice.ts"
import type { Postponement, Settlement } from "./Settlement.ts"
import { NotBegun } from "./Settlement.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** Milliseconds: a claim is good for this long unless renewed. */
const lease = 30_000
/** A begun notice is left alone for a lease, then for this long again: whoever began it may still be settling. */
const grace = 30_000

/** Whether a newer row has taken the key of notice `o`, and waits to be mailed. */
const newerWaits = `exists (select from inquiries_mailer.outbox n
  where n.table_number = o.table_number and hashtextextended(n.key, 0) = hashtextextended(o.key, 0)
    and n.key = o.key and n.outcome is null and (n.created_at, n.id) > (o.created_at, o.id))`

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Claims what is due, at most `limit`, an equal share of it a table, under a lease. */
    readonly claim: (limit: number) => Effect.Effect<Claimed, Outage>
    /** Lengthens the lease of what is claimed and not begun. */
    readonly renew: (notices: ReadonlyArray<Notice>) => Effect.Effect<void, Outage>
    /** Gives back what is claimed and not begun; it is due again at once. */
    readonly release: (notices: ReadonlyArray<Notice>) => Effect.Effect<void, Outage>
    /** Marks a notice durably as begun. Only then may its request be written. */
    readonly begin: (notice: Notice) => Effect.Effect<void, NotBegun | Outage>
    /** Writes the outcome. `sent` is written even when somebody else claimed the notice in the meantime. */
    readonly settle: (notice: Notice, settlement: Settlement) => Effect.Effect<void, Outage>
    readonly postpone: (notice: Notice, postponement: Postponement) => Effect.Effect<void, Outage>
    /** Until the earliest due time or lease end of any unsettled notice; undefined if there is none. */
    readonly untilDue: Effect.Effect<Duration.Duration | undefined, Outage>
  }
>()("inquiries-mailer/Outbox") {
  /** The outbox as seen by whoever watches the tables with these numbers; it touches no other table's notices. */
  static readonly layer = (tables: ReadonlyArray<number>): Layer.Layer<Outbox, never, SqlClient> =>
    Layer.effect(Outbox, make(tables))
}

const make = Effect.fnUntraced(function* (tables: ReadonlyArray<number>) {
  const sql = yield* SqlClient

  const claim = Effect.fn("Outbox.claim")(function* (limit: number) {
    const share = Math.max(1, Math.ceil(limit / tables.length))
    const rows = yield* orOutage(
      sql<ClaimRow>`
        with due as materialized (
          select o.*, row_number() over (partition by o.table_number order by o.due_at) as turn,
            ${sql.literal(newerWaits)} as stale
          from unnest(${tables}::integer[]) as t (number) cross join lateral (
            select * from inquiries_mailer.outbox
            where table_number = t.number and outcome is null and due_at <= clock_timestamp()
            order by due_at limit ${share} for update skip locked
          ) o
        ),
        -- What is stale itself, and what is older than something due. A send that is under way settles itself.
        superseded as (
          update inquiries_mailer.outbox o
          set outcome = 'superseded', settled_at = clock_timestamp(), claim = null
          from due d
          where o.table_number = d.table_number and hashtextextended(o.key, 0) = hashtextextended(d.key, 0)
            and o.key = d.key and o.outcome is null
            and ((o.id = d.id and d.stale) or ((o.created_at, o.id) < (d.created_at, d.id)
              and (o.begun_at is null or o.due_at <= clock_timestamp())))
          returning o.id, o.table_number, o.key
        ),
        token as materialized (select gen_random_uuid() as value),
        claimed as (
          update inquiries_mailer.outbox o
          set claim = token.value, due_at = clock_timestamp() + ${lease}::float8 * interval '1 ms',
            -- Begun and never settled: whoever held it crashed, and the mail may have been accepted.
            begun_at = null, maybe_sent = o.maybe_sent or o.begun_at is not null,
            attempts = o.attempts + (o.begun_at is not null)::integer
          from due d, token
          where o.id = d.id and not d.stale and o.outcome is null
          returning o.*, d.turn
        )
        select id, claim, table_number as number, key, attempts, maybe_sent as "maybeSent",
          extract(epoch from waited)::float8 * 1000 as waited, turn
        from claimed
        union all
        select id, null, table_number, key, 0, false, 0, 0 from superseded
        order by turn, number`
    )
    const claimed: Claimed = {
      notices: rows.flatMap((row) => (row.claim === null ? [] : [toNotice(row, row.claim)])),
      superseded: rows.flatMap((row) => (row.claim === null ? [{ id: row.id, table: row.number, key: row.key }] : []))
    }
    return claimed
  })

  const renew = Effect.fn("Outbox.renew")(function* (notices: ReadonlyArray<Notice>) {
    yield* orOutage(sql`
      update inquiries_mailer.outbox set due_at = clock_timestamp() + ${lease}::float8 * interval '1 ms'
      where ${held(notices)} and due_at > clock_timestamp()`)
  })

  const release = Effect.fn("Outbox.release")(function* (notices: ReadonlyArray<Notice>) {
    // Due since it was made: whatever was claimed was due, and the oldest goes out first.
    yield* orOutage(sql`
      update inquiries_mailer.outbox set claim = null, due_at = created_at where ${held(notices)}`)
  })

  const held = (notices: ReadonlyArray<Notice>) =>
    sql`id = any(${notices.map(({ id }) => id)}::uuid[]) and claim = any(${notices.map((n) => n.claim)}::uuid[])
      and outcome is null and begun_at is null`

  const beginning = yield* GroupCommit.make<Begin>((entries) =>
    Effect.gen(function* () {
      const notices = entries.map(({ request }) => request.notice)
      const rows = yield* orOutage(sql<{ readonly id: NoticeId }>`
        update inquiries_mailer.outbox o
        set begun_at = clock_timestamp(), first_attempt_at = coalesce(o.first_attempt_at, clock_timestamp()),
          due_at = clock_timestamp() + ${lease + grace}::float8 * interval '1 ms'
        from unnest(${notices.map(({ id }) => id)}::uuid[], ${notices.map((n) => n.claim)}::uuid[]) as b (id, claim)
        where o.id = b.id and o.claim = b.claim and o.outcome is null and o.due_at > clock_timestamp()
          and not ${sql.literal(newerWaits)}
        returning o.id`)
      const begun = new Set(rows.map(({ id }) => id))
      for (const entry of entries) {
        entry.completeUnsafe(begun.has(entry.request.notice.id) ? Exit.void : Exit.fail(new NotBegun()))
      }
    })
  )
  const begin = (notice: Notice) => Effect.request(new Begin({ notice }), beginning)

  const settling = yield* GroupCommit.make<Settle>((entries) =>
    Effect.gen(function* () {
      const all = entries.map(({ request: { notice, settlement } }) => ({ notice, settlement }))
      const ids = all.map(({ notice }) => notice.id)
      const claims = all.map(({ notice }) => notice.claim)
      const outcomes = all.map(({ settlement }) => settlement.outcome)
      const details = all.map(({ settlement }) => (settlement.outcome === "parked" ? settlement.detail : ""))
      yield* orOutage(sql`
        update inquiries_mailer.outbox o
        set outcome = s.outcome, detail = nullif(s.detail, ''), settled_at = clock_timestamp(), claim = null,
          attempts = o.attempts + (o.begun_at is not null)::integer
        from unnest(${ids}::uuid[], ${claims}::uuid[], ${outcomes}::text[], ${details}::text[])
          as s (id, claim, outcome, detail)
        where o.id = s.id and o.outcome is null and (o.claim = s.claim or s.outcome = 'sent')`)
      for (const entry of entries) entry.completeUnsafe(Exit.void)
    })
  )
  const settle = (notice: Notice, settlement: Settlement) =>
    Effect.request(new Settle({ notice, settlement }), settling)

  const postpone = Effect.fn("Outbox.postpone")(function* (notice: Notice, postponement: Postponement) {
    const delay = postponement.delay === undefined ? null : Duration.toMillis(postponement.delay)
    yield* orOutage(sql`
      update inquiries_mailer.outbox
      set claim = null, begun_at = null,
        due_at = coalesce(clock_timestamp() + ${delay}::float8 * interval '1 ms', created_at),
        maybe_sent = maybe_sent or ${postponement.maybeSent}, detail = ${postponement.detail},
        attempts = attempts + ${postponement.spent ? 1 : 0}::integer,
        waited = waited + ${postponement.spent ? (delay ?? 0) : 0}::float8 * interval '1 ms'
      where id = ${notice.id}::uuid and outcome is null and claim = ${notice.claim}::uuid`)
  })

  const untilDue = orOutage(
    sql<{ readonly millis: number | null }>`
      select extract(epoch from min(o.due_at) - clock_timestamp())::float8 * 1000 as millis
      from unnest(${tables}::integer[]) as t (number) cross join lateral (
        select due_at from inquiries_mailer.outbox
        where table_number = t.number and outcome is null order by due_at limit 1
      ) o`
  ).pipe(
    Effect.map(([row]) =>
      row === undefined || row.millis === null ? undefined : Duration.millis(Math.max(0, row.millis))
    ),
    Effect.withSpan("Outbox.untilDue")
  )

  return { claim, renew, release, begin, settle, postpone, untilDue }
})

class Begin extends Request.Class<{ readonly notice: Notice }, void, NotBegun | Outage> {}
class Settle extends Request.Class<{ readonly notice: Notice; readonly settlement: Settlement }, void, Outage> {}

interface ClaimRow {
  readonly id: NoticeId
  readonly claim: ClaimToken | null
  readonly number: number
  readonly key: string
  readonly attempts: number
  readonly maybeSent: boolean
  readonly waited: number
}

const toNotice = ({ attempts, id, key, maybeSent, number, waited }: ClaimRow, claim: ClaimToken): Notice => ({
  ...{ id, claim, table: number, key, attempts, maybeSent },
  waited: Duration.millis(waited)
})
