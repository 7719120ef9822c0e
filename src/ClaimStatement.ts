// The statement that claims, one autocommit round trip: what is due in each table, under a lease and a token; what a newer
// row has superseded; and when something else comes due, so that nobody has to ask for it. For what can be sent right away
// it does all: marks it as begun, and reads its row.
import { forKey } from "./Keyed.ts"
import { pausedSince } from "./Pause.ts"

// "Unsettled" has three wordings, so that each question fits one index only: `outcome is null` what is due (outbox_due),
// `coalesce(outcome, '') = ''` a key (outbox_key), and this one an id. With statistics from a quiet hour, when nothing was
// unsettled, the planner takes the partial indexes for empty and would walk a whole backlog in them to find one row.
// For the same reason whatever is looked up by id says so with an array: joined to a few ids, an index that was small
// when it was looked at is read from end to end.

/** Whether notice `o` is unsettled, where its id is known. */
export const unsettled = "coalesce(o.outcome, 'unsettled') = 'unsettled'"

/** The unsettled notices `n` for the key of notice `o`. */
export const sameKey = `inquiries_mailer.outbox n where ${forKey("n", "o.table_number", "o.key", 300)}
  and coalesce(n.outcome, '') = ''`

/** Whether a newer row has taken the key of notice `o`, and waits to be mailed. `offset 0` keeps it from becoming a join. */
export const newerWaits = `exists (select from ${sameKey} and (n.created_at, n.id) > (o.created_at, o.id) offset 0)`

const after = (milliseconds: string): string => `clock_timestamp() + ${milliseconds}::float8 * interval '1 ms'`

/** What comes with a notice that is begun: `values` and `sizes` of its row, where `r` is asked of notice `c`. */
const withRow = (row: string): string => `left join lateral (${row}) r on c.begun_at is not null`

/**
 * Its parameters: the tables' numbers, how many of each, the lease, how many of each are marked as begun, and their lease.
 * `only` is one more condition for what is claimed; `row` reads the row of notice `c` as `values` and `sizes`.
 */
export const statement = (only: string, row?: string): string => `
  with paused as materialized (select ${pausedSince} as since from unnest($1::integer[]) as t (number)),
  due as materialized (
    select o.*, row_number() over (partition by o.table_number order by o.due_at) as turn, ${newerWaits} as stale
    from unnest($1::integer[]) as t (number) cross join lateral (
      select * from inquiries_mailer.outbox
      where table_number = t.number and outcome is null and due_at <= statement_timestamp() ${only}
      order by due_at limit $2 for update skip locked
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
          select n.id from ${sameKey} and (n.created_at, n.id) < (o.created_at, o.id) offset 0
        ) older
      ))
      and ${unsettled} and (o.begun_at is null or o.due_at <= clock_timestamp())
    returning o.id, o.table_number, o.key
  ),
  -- A claim that a crash of the server forgets is no harm: without its token nothing can be begun. A begun mark is one.
  token as materialized (
    select gen_random_uuid() as value,
      set_config('synchronous_commit', case when $4::integer = 0 then 'off' else 'on' end, true) as forgettable
  ),
  claimed as (
    update inquiries_mailer.outbox o
    set claim = token.value,
      due_at = case when d.begins then ${after("$5")} else ${after("$3")} end,
      -- Begun and never settled: whoever held it crashed, and the mail may have been accepted.
      begun_at = case when d.begins then clock_timestamp() end,
      first_attempt_at = case when d.begins then coalesce(o.first_attempt_at, clock_timestamp()) else o.first_attempt_at end,
      maybe_sent = o.maybe_sent or o.begun_at is not null,
      attempts = o.attempts + (o.begun_at is not null)::integer,
      crashes = o.crashes + (o.begun_at is not null)::integer,
      looks = case when o.begun_at is null then o.looks else 0 end,
      put_back = o.put_back and o.begun_at is null
    from (
      -- What is in doubt is thought about before it is sent, and what a digest tells of is asked when it begins.
      select id, turn,
        turn <= $4::integer and key is not null and begun_at is null and not maybe_sent and crashes = 0 as begins
      from due where not stale
    ) d, token
    where o.id = d.id and o.id = any(array(select id from due where not stale)) and ${unsettled}
    returning o.*, d.turn
  )
  select c.id, c.claim, c.table_number as number, c.key, c.attempts, c.maybe_sent as "maybeSent", c.looks, c.crashes,
    c.put_back as "putBack", extract(epoch from c.waited)::float8 * 1000 as waited, c.turn, null::float8 as "untilDue",
    extract(epoch from clock_timestamp() - c.created_at)::float8 * 1000 as age, null as "pausedSince",
    c.begun_at is not null as begun, ${row === undefined ? "null::text[] as values, null::integer[] as sizes" : "r.values, r.sizes"}
  from claimed c ${row === undefined ? "" : withRow(row)}
  union all
  select id, null, table_number, key, 0, false, 0, 0, false, 0, 0, null, 0, null, false, null, null from superseded
  union all
  select null, null, 0, '', 0, false, 0, 0, false, 0, 0,
    extract(epoch from min(o.due_at) - clock_timestamp())::float8 * 1000, 0, (select since from paused), false, null, null
  from unnest($1::integer[]) as t (number) cross join lateral (
    select due_at from inquiries_mailer.outbox
    where table_number = t.number and outcome is null and id not in (select id from due)
    order by due_at limit 1
  ) o
  order by turn, number`
