// A burst is not a flood of mail: of the rows that come to a table within a while the first are mailed singly, the others are
// held until it is over and then mailed together, as digests. Decided before each claim, in one statement, of which each
// table has one at a time; whatever is decided stands in the outbox, so that a restart or another replica goes on with it.
//
// A digest is a notice of its own, without a key: claimed, begun, tried again and looked for as any other, under its own
// identity. Its members name it, and are out of every claim's reach until they are settled with it.
import { Duration, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { claim as claimDue, type Claim } from "./Claim.ts"
import type * as Database from "./Database.ts"
import { named } from "./NewId.ts"
import type { Within } from "./Records.ts"
import type { Run } from "./Repeated.ts"
import { orOutage } from "./SqlOutage.ts"

/** What is set up for the table with this number. */
export interface Numbered extends Database.Burst {
  readonly number: number
}

/** Rows in one mail: with more there is no room in its HTML part for each, whatever a stranger typed. */
const most = 80
/** From one digest of a wave to the next, so that thousands of rows are no flood either. */
const pace = Duration.seconds(10)
/** Decided by one statement, some 100 ms: the next claim goes on with the rest. */
const atOnce = 2_000

/** Their bursts, where one is set up. */
export const among = (
  tables: ReadonlyMap<number, { readonly table: Pick<Database.Table, "burst"> }>
): ReadonlyArray<Numbered> =>
  [...tables].flatMap(
    ([
      number,
      {
        table: { burst }
      }
    ]) => (burst === undefined ? [] : [{ number, ...burst }])
  )

// What was tried before is no longer to be decided: its Message-ID may be out.
const undecided = "o.burst is null and o.first_attempt_at is null"
const held = "o.burst = 'held' and o.digest is null and o.first_attempt_at is null"

/** Claims as without bursts, and of these tables only what goes singly, or is a digest. */
export const claim = (
  sql: SqlClient,
  run: Run,
  tables: ReadonlyArray<number>,
  bursts: ReadonlyArray<Numbered>,
  within?: Within
): Claim => {
  const numbers = bursts.map(({ number }) => number)
  const due = claimDue(
    run,
    tables,
    `and (burst = 'singly' or first_attempt_at is not null or table_number <> all(array[${numbers.join(", ")}]))`,
    within
  )
  return (limit, places) => Effect.andThen(gather(sql, bursts), due(limit, places))
}

/** Decides what is new, and makes digests of what was held long enough. Writes nothing where neither is. */
const gather = Effect.fn("Burst.gather")(function* (sql: SqlClient, bursts: ReadonlyArray<Numbered>) {
  yield* orOutage(sql`
    with place as materialized (
      select t.number, b.allowed, b.millis * interval '1 ms' as width, t.burst_since as since, t.burst_count as count
      from unnest(${bursts.map(({ number }) => number)}::integer[], ${bursts.map(({ rows }) => rows)}::integer[],
          ${bursts.map(({ within }) => Duration.toMillis(within))}::float8[]) as b (number, allowed, millis)
        join inquiries_mailer.tables t on t.number = b.number
      where exists (select from inquiries_mailer.outbox o where o.table_number = b.number and o.outcome is null
        and o.due_at <= statement_timestamp() and (${sql.literal(undecided)} or ${sql.literal(held)}))
      -- Whoever has it decides for both.
      for update of t skip locked
    ),
    wave as materialized (
      select number, allowed, width, case when going then since else clock_timestamp() end as since,
        case when going then count else 0 end as count
      from (select *, coalesce(since + width > clock_timestamp(), false) as going from place) p
    ),
    fresh as materialized (
      select o.place, w.number, w.since + w.width as until,
        w.count + row_number() over (partition by w.number order by o.due_at, o.place) <= w.allowed as single
      from wave w cross join lateral (
        select o.ctid as place, o.due_at from inquiries_mailer.outbox o
        where o.table_number = w.number and o.outcome is null and o.due_at <= statement_timestamp()
          and ${sql.literal(undecided)}
        order by o.due_at limit ${atOnce} for update skip locked
      ) o
    ),
    decided as (
      update inquiries_mailer.outbox o set ${sql.literal(named)}, claim = null,
        burst = case when f.single then 'singly' else 'held' end,
        -- Who knows of no burst, because it is no longer set up, claims it then as any other.
        due_at = case when f.single then o.due_at else f.until end
      from fresh f
      where o.ctid = f.place
    ),
    counted as (
      update inquiries_mailer.tables t set burst_since = w.since, burst_count = least(w.count + n.count, w.allowed)
      from wave w join (select number, count(*) as count from fresh group by number) n on n.number = w.number
      where t.number = w.number
    ),
    ripe as materialized (
      select o.place, w.number, (row_number() over (partition by w.number order by o.created_at, o.id) - 1) / ${most}::integer as part
      from wave w cross join lateral (
        select o.ctid as place, o.id, o.created_at from inquiries_mailer.outbox o
        where o.table_number = w.number and o.outcome is null and o.due_at <= statement_timestamp()
          and ${sql.literal(held)}
        order by o.due_at limit ${atOnce} for update skip locked
      ) o
    ),
    digest as materialized (
      select number, part, count(*) > 1 as several, gen_random_uuid() as id,
        clock_timestamp() + part * ${Duration.toMillis(pace)}::float8 * interval '1 ms' as due_at
      from ripe group by number, part
    ),
    made as (
      insert into inquiries_mailer.outbox (id, table_number, burst, due_at, created_at)
      select id, number, 'singly', due_at, due_at from digest where several
    )
    update inquiries_mailer.outbox o set claim = null, ${sql.literal(joining("d.several", "d.id"))}
    from ripe r join digest d on d.number = r.number and d.part = r.part
    where o.ctid = r.place`)
})

/** SQL: notice `o` belongs to a digest; or is the only one left and goes singly. */
export const joining = (several: string, digest: string): string =>
  `digest = case when ${several} then ${digest} end, burst = case when ${several} then 'held' else 'singly' end,
   due_at = clock_timestamp() + case when ${several} then interval '100 years' else interval '0' end`
