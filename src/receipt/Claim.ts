// Who of several replicas sends the receipt of a day: whoever holds it in every database that can be asked. Of two that can
// ask one database in common, one holds it. What was claimed and not begun is somebody else's to send when the lease ends;
// what was begun may have been sent.
import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { DatabaseName } from "../Database.ts"
import { orOutage } from "../SqlOutage.ts"

/** Longer than it takes to ask a thousand databases, some of them away. */
const lease = Duration.minutes(10)
/** How long it is known that a day's was sent. */
const kept = 40

/** `begun`: whoever held it before may have sent it. */
export type Claimed =
  | { readonly _tag: "Ours"; readonly begun: boolean }
  | { readonly _tag: "Held" }
  | { readonly _tag: "Sent" }

const leaseEnd = `clock_timestamp() + ${Duration.toMillis(lease)} * interval '1 ms'`

/** One process claims what it holds again at any time. */
export const claim = Effect.fn("Claim.claim")(function* (database: DatabaseName, day: string, token: string) {
  const sql = yield* SqlClient
  const [ours] = yield* orOutage(sql<{ readonly begun: boolean }>`
    insert into inquiries_mailer.receipt as r (database_name, day, token, held_until)
    values (${database}, ${day}::text::date, ${token}::uuid, ${sql.literal(leaseEnd)})
    on conflict (database_name, day) do update set token = excluded.token, held_until = excluded.held_until
    where r.sent_at is null and (r.held_until is null or r.held_until <= clock_timestamp() or r.token = excluded.token)
    returning begun_at is not null as begun`)
  if (ours !== undefined) return { _tag: "Ours", begun: ours.begun } satisfies Claimed
  const [sent] = yield* orOutage(sql`
    select from inquiries_mailer.receipt
    where database_name = ${database} and day = ${day}::text::date and sent_at is not null`)
  const other: Claimed = sent === undefined ? { _tag: "Held" } : { _tag: "Sent" }
  return other
})

/** Durably, before the request; false if it is not ours any more. */
export const begin = Effect.fn("Claim.begin")(function* (database: DatabaseName, day: string, token: string) {
  const sql = yield* SqlClient
  const [begun] = yield* orOutage(sql`
    update inquiries_mailer.receipt
    set begun_at = coalesce(begun_at, clock_timestamp()), held_until = ${sql.literal(leaseEnd)}
    where database_name = ${database} and day = ${day}::text::date and token = ${token}::uuid and sent_at is null
      and held_until > clock_timestamp()
    returning day`)
  return begun !== undefined
})

/** Also where it was never claimed. Forgets those of long ago. */
export const sent = Effect.fn("Claim.sent")(function* (database: DatabaseName, day: string) {
  const sql = yield* SqlClient
  yield* orOutage(sql`
    with old as (
      delete from inquiries_mailer.receipt where database_name = ${database} and day < ${day}::text::date - ${kept}::integer
    )
    insert into inquiries_mailer.receipt as r (database_name, day, sent_at)
    values (${database}, ${day}::text::date, clock_timestamp())
    on conflict (database_name, day) do update set sent_at = coalesce(r.sent_at, excluded.sent_at)`)
})

/** What was not begun is free for others at once. */
export const release = Effect.fn("Claim.release")(function* (database: DatabaseName, day: string, token: string) {
  const sql = yield* SqlClient
  yield* orOutage(sql`
    update inquiries_mailer.receipt set held_until = null
    where database_name = ${database} and day = ${day}::text::date and token = ${token}::uuid and begun_at is null`)
})
