// The statements for a digest, see Burst.ts: each changes it and all its members, or nothing. So every attempt has the same
// members and the same identity, and whatever it leads to, each of them is settled once or goes on in another mail.
import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { joining } from "./Burst.ts"
import { newerWaits, olderThan, supersede, unsettled } from "./ClaimStatement.ts"
import type { Member, Notice } from "./Notice.ts"
import { NotBegun, type Settlement } from "./Settlement.ts"
import { orOutage } from "./SqlOutage.ts"

/** How many rows ended how. */
export type Outcomes = ReadonlyMap<Settlement["outcome"] | "superseded", number>

/** Its members `o` that are unsettled; `digest` is what is done with the digest itself. */
const members = `o.digest = any(array(select id from digest)) and ${unsettled}`

/** Marks it as begun for so many milliseconds; members whose key a newer row has taken are left to that, as ever. */
export const begin = (sql: SqlClient, millis: number) =>
  Effect.fn("Digest.begin")(function* ({ claim, id }: Notice) {
    const rows = yield* orOutage(sql<{ readonly id: Member["id"] | null; readonly key: string }>`
      with digest as (
        update inquiries_mailer.outbox o
        set begun_at = clock_timestamp(), first_attempt_at = coalesce(o.first_attempt_at, clock_timestamp()),
          due_at = clock_timestamp() + ${millis}::float8 * interval '1 ms'
        where o.id = any(array[${id}]::uuid[]) and o.claim = ${claim}::uuid and ${sql.literal(unsettled)}
          and o.due_at > clock_timestamp()
        returning o.id
      ),
      member as materialized (
        select o.ctid as place, o.id, o.table_number, o.key, o.created_at from inquiries_mailer.outbox o
        where ${sql.literal(members)} and not ${sql.literal(newerWaits)}
      ),
      -- As a claim does it: what is older than something that is mailed now.
      stale as materialized (${sql.literal(olderThan("member"))}),
      superseded as (${sql.literal(supersede)})
      select m.id, m.key from digest d left join member m on true order by m.created_at, m.id`)
    if (rows.length === 0) return yield* new NotBegun()
    return rows.flatMap(({ id, key }) => (id === null ? [] : [{ id, key }]))
  })

/** `sent` is written even when somebody else claimed the digest in the meantime. */
export const settle = (sql: SqlClient) =>
  Effect.fn("Digest.settle")(function* ({ claim, id }: Notice, settlement: Settlement) {
    const { outcome } = settlement
    const detail = outcome === "parked" ? settlement.detail : ""
    const doubt = outcome === "parked" && settlement.maybeSent === true
    const told = outcome === "sent" ? settlement.told : undefined
    const rows = yield* orOutage(sql<{ readonly outcome: Settlement["outcome"]; readonly count: number }>`
      with digest as (
        delete from inquiries_mailer.outbox o
        where o.id = any(array[${id}]::uuid[]) and ${sql.literal(unsettled)}
          and (o.claim = ${claim}::uuid or ${outcome}::text = 'sent')
        returning o.id, o.maybe_sent, o.first_attempt_at, o.attempts + (o.begun_at is not null)::integer as attempts
      ),
      member as materialized (
        select o.id, ${sql.literal(newerWaits)} as replaced, o.id = any(${told ?? []}::uuid[]) as told
        from inquiries_mailer.outbox o where ${sql.literal(members)}
      ),
      settled as (
        update inquiries_mailer.outbox o
        set outcome = case when m.told then ${outcome}::text when m.replaced then 'superseded'
            when ${told !== undefined}::boolean then 'gone' else ${outcome}::text end,
          detail = nullif(${detail}::text, ''), settled_at = clock_timestamp(), claim = null,
          attempts = d.attempts, first_attempt_at = d.first_attempt_at, maybe_sent = d.maybe_sent or ${doubt}::boolean
        from member m cross join digest d
        where o.id = m.id and o.id = any(array(select id from member)) and ${sql.literal(unsettled)}
        returning o.outcome
      )
      select outcome, count(*)::integer as count from settled group by outcome`)
    const outcomes: Outcomes = new Map(rows.map(({ count, outcome }) => [outcome, count]))
    return outcomes
  })

/** Makes two of it, each with half of its members; a member that is left alone goes singly. */
export const split = Effect.fn("Digest.split")(function* (sql: SqlClient, { claim, id }: Notice) {
  yield* orOutage(sql`
    with digest as (
      delete from inquiries_mailer.outbox o
      where o.id = any(array[${id}]::uuid[]) and o.claim = ${claim}::uuid and ${sql.literal(unsettled)}
      returning o.id, o.table_number
    ),
    member as materialized (
      select o.id, ntile(2) over (order by o.created_at, o.id) as part
      from inquiries_mailer.outbox o where ${sql.literal(members)}
    ),
    half as materialized (select part, count(*) > 1 as several, gen_random_uuid() as id from member group by part),
    made as (
      insert into inquiries_mailer.outbox (id, table_number, burst)
      select h.id, d.table_number, 'singly' from half h cross join digest d where h.several
    )
    update inquiries_mailer.outbox o set ${sql.literal(joining("h.several", "h.id"))}
    from member m join half h on h.part = m.part
    where o.id = m.id and o.id = any(array(select id from member)) and ${sql.literal(unsettled)}`)
})
