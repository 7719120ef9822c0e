// The statements of a claim that is left ahead. None of them waits for a transaction that is taking it: whoever that keeps from
// something comes again.
import { after, givenBack, hasTwin, unsettled } from "./ClaimStatement.ts"
import { channel } from "./Connection.ts"
import { anyPaused } from "./Pause.ts"

/** Leaves a claim; a row if it has. Its parameters: name, session, notice, claim, the lease of what takes it, and for how long it is good. */
export const leaving = `
  with free as materialized (
    select ctid as place from inquiries_mailer.ahead
    where database_name = $1
      and (taken or good_until <= clock_timestamp() or session = $2::bigint or pg_try_advisory_xact_lock_shared(session))
    for update skip locked
  ), again as (
    update inquiries_mailer.ahead a
    -- One that a crash of the server forgets is no harm: the session is gone with it.
    set taken = (select set_config('synchronous_commit', 'off', true)) is null,
      session = $2::bigint, notice = $3::uuid, claim = $4::uuid, lease = $5::float8 * interval '1 ms', good_until = ${after("$6")}
    from free f where a.ctid = f.place
    returning notice as id
  ), first as (
    insert into inquiries_mailer.ahead (database_name, session, notice, claim, lease, good_until, taken)
    select $1, $2::bigint, $3::uuid, $4::uuid, $5::float8 * interval '1 ms', ${after("$6")}, false
    where not exists (select from inquiries_mailer.ahead where database_name = $1)
    on conflict do nothing
    returning notice as id
  )
  select id from again union all select id from first`

/** Takes back the claim. Its parameters: name and notice. `busy` if a transaction that has taken it is not over. */
export const withdrawing = `
  with left_ahead as materialized (
    select ctid as place from inquiries_mailer.ahead where database_name = $1 and notice = $2::uuid for update skip locked
  ), withdrawn as (
    update inquiries_mailer.ahead a set taken = true from left_ahead l where a.ctid = l.place
  )
  select not exists (select from left_ahead)
    and exists (select from inquiries_mailer.ahead where database_name = $1 and notice = $2::uuid) as busy`

/** Gives back the notice that has taken it, and says so to whoever claims. Its parameters: notice and claim. */
export const giving = `
  with given as (
    update inquiries_mailer.outbox o set ${givenBack}
    where id = any(array[$1::uuid]) and claim = $2::uuid and ${unsettled}
    returning o.id
  )
  select pg_notify('${channel}', '{}') from given`

/** Reads the notice that has taken it. Its parameters: notice, claim, and the tables' numbers; `row` reads the row of notice `c`. */
export const readingWith = (row: string): string => `
  select c.table_number as number, c.key, date_part('epoch', clock_timestamp() - c.created_at) * 1000 as age,
    date_part('epoch', clock_timestamp() - c.begun_at) * 1000 as since, r.values, r.sizes,
    c.table_number = any($3::integer[]) and not ${anyPaused} and not ${hasTwin} as fit
  from inquiries_mailer.outbox c
    cross join lateral (select c.ctid as place, c.table_number, c.key, c.outcome) o
    left join lateral (${row}) r on true
  where c.id = any(array[$1::uuid]) and c.claim = $2::uuid and ${unsettled}`
