// The statement that claims, one autocommit round trip: what is due in each table, under a lease and a token; and when
// something else comes due, so that nobody has to ask for it. It also reads the rows, and marks as begun what can be sent
// right away. It has two depths: a `usual` claim leaves alone what two rows have had the key of, and says so; only then
// a `thorough` one follows, which knows what a newer row has superseded. Before both, where all that is claimed may also
// be begun, comes one for nothing but what is `fresh`, as nearly every notice is: at half the price.
import { forKey } from "./Keyed.ts"
import { named, newId, rankOf } from "./NewId.ts"
import { anyPaused, pausedSince } from "./Pause.ts"

// "Unsettled" has three wordings, so that each question fits one index only: `outcome is null` what is due (outbox_due),
// `coalesce(outcome, '') = ''` a key (outbox_key), and this one an id. With statistics from a quiet hour, when nothing was
// unsettled, the planner takes the partial indexes for empty and would walk a whole backlog in them to find one row.
// For the same reason whatever is looked up by id says so with an array: joined to a few ids, an index that was small
// when it was looked at is read from end to end.

/** Whether notice `o` is unsettled, where its id or its place is known. */
export const unsettled = "coalesce(o.outcome, 'unsettled') = 'unsettled'"

/** What is given back is due since it was made: whatever was claimed was due, and the oldest goes out first. */
export const givenBack = "claim = null, due_at = created_at, begun_at = null"

/** The unsettled notices `n` for the key of notice `o`. */
const sameKey = `inquiries_mailer.outbox n where ${forKey("n", "o.table_number", "o.key", 300)}
  and coalesce(n.outcome, '') = ''`

/**
 * Whether notice `n` is newer than notice `o`, which is at `place`, or older. There is always one that is the newest: of two
 * that nobody has acted upon, and that came in the same microsecond, the place decides.
 */
const is = (age: "newer" | "older", place: "o.ctid" | "o.place"): string =>
  `(n.created_at, ${rankOf("n.id")}, n.ctid) ${age === "newer" ? ">" : "<"} (o.created_at, ${rankOf("o.id")}, ${place})`

/** Whether a newer row has taken the key of notice `o`, and waits to be mailed. `offset 0` keeps it from becoming a join. */
const newerThan = (place: "o.ctid" | "o.place"): string =>
  `exists (select from ${sameKey} and ${is("newer", place)} offset 0)`
export const newerWaits = newerThan("o.ctid")

export const after = (milliseconds: string): string => `clock_timestamp() + ${milliseconds}::float8 * interval '1 ms'`

/** The places of what is older than the notices of this query, each at its `place`, and has the key of one of them. */
export const olderThan = (
  notices: "due" | "member"
): string => `select older.place from ${notices} o cross join lateral (
      select n.ctid as place from ${sameKey} and ${is("older", "o.place")} offset 0
    ) older`

/** Settles what is `stale`. A send that is under way settles itself. */
export const supersede = `update inquiries_mailer.outbox o
    set ${named}, outcome = 'superseded', settled_at = clock_timestamp(), claim = null
    from stale s
    where o.ctid = s.place and ${unsettled} and (o.begun_at is null or o.due_at <= clock_timestamp())`

/** Another unsettled notice for the key of notice `o`, older or newer. */
export const hasTwin = `exists (select from ${sameKey} and n.ctid <> o.place offset 0)`

interface Depth {
  readonly first: string
  /** Whether nothing may be claimed. */
  readonly paused: string
  /** Whether notice `o` is none to be claimed. */
  readonly leave: string
  /** More work. */
  readonly beside: string
  /** Which notices the last row need not tell of. */
  readonly done: string
  /** Of the last row: since when the database is paused, and whether a `thorough` claim has something to do. */
  readonly told: string
  readonly also: string
}

const usual: Depth = {
  first: "",
  paused: anyPaused,
  leave: hasTwin,
  beside: "",
  done: "select place from claimed",
  told: `null, ${anyPaused} or exists (select from due where leave)`,
  also: ""
}

const thorough: Depth = {
  first: `paused as materialized (select ${pausedSince} as since from unnest($1::integer[]) as t (number)),
  `,
  paused: "(select since from paused) is not null",
  leave: newerThan("o.place"),
  beside: `-- What is stale itself, and what is older than something due.
  stale as materialized (
    select place from due where leave
    union
    ${olderThan("due")}
  ),
  superseded as (
    ${supersede}
    returning o.id, o.table_number, o.key, s.place
  ),
  `,
  done: "select place from claimed union all select place from superseded",
  told: "(select since from paused), false",
  also: `
  union all
  select id, table_number, key, null, false, 0, null, null, null, null, null, null from superseded`
}

/** What comes with a notice: `values` and `sizes` of its row. */
const withRow = (row: string): string => `left join lateral (${row}) r on true`

/** What was done for a notice before; null for one that was never touched, as nearly all are. */
const history = `case when c.attempts > 0 or c.maybe_sent or c.looks > 0 or c.crashes > 0 or c.put_back or c.waited > interval '0'
      then array[c.attempts, c.maybe_sent::integer, c.looks, c.crashes, c.put_back::integer,
        date_part('epoch', c.waited) * 1000]::float8[] end`

/** What is due in a table, the first `most` of it, each with its place. */
const firstDue = (
  number: string,
  most: string,
  only = ""
) => `select ctid as place, id, table_number, key, created_at, due_at,
        -- What is in doubt is thought about before it is sent, and what a digest tells of is asked when it begins.
        key is not null and begun_at is null and not maybe_sent and crashes = 0 as sure
      from inquiries_mailer.outbox
      where table_number = ${number} and outcome is null and due_at <= statement_timestamp() ${only}
      order by due_at limit ${most} for update skip locked`

/**
 * Its parameters: the tables' numbers, how many of each, the lease, how many of each are marked as begun, their lease, and
 * the token. `only` is one more condition for what is claimed; `row` reads the row of notice `c` as `values` and `sizes`.
 */
export const statement = (how: "usual" | "thorough", only: string, row?: string): string => {
  const depth = how === "usual" ? usual : thorough
  return `
  with ${depth.first}due as materialized (
    select o.*, row_number() over (partition by o.table_number order by o.due_at)::integer as turn, ${depth.leave} as leave
    from unnest($1::integer[]) as t (number) cross join lateral (
      ${firstDue("t.number", "$2", only)}
    ) o
    where not ${depth.paused}
  ),
  ${depth.beside}claimed as (
    update inquiries_mailer.outbox o
    -- A claim that a crash of the server forgets is no harm: without its token nothing can be begun. A begun mark is one.
    set claim = case when (
        select set_config('synchronous_commit', case when $4::integer = 0 then 'off' else 'on' end, true)
      ) is not null then $6::uuid end,
      ${named},
      due_at = case when d.sure and d.turn <= $4::integer then ${after("$5")} else ${after("$3")} end,
      -- Begun and never settled: whoever held it crashed, and the mail may have been accepted.
      begun_at = case when d.sure and d.turn <= $4::integer then clock_timestamp() end,
      first_attempt_at =
        case when d.sure and d.turn <= $4::integer then coalesce(o.first_attempt_at, clock_timestamp()) else o.first_attempt_at end,
      maybe_sent = o.maybe_sent or o.begun_at is not null,
      attempts = o.attempts + (o.begun_at is not null)::integer,
      crashes = o.crashes + (o.begun_at is not null)::integer,
      looks = case when o.begun_at is null then o.looks else 0 end,
      put_back = o.put_back and o.begun_at is null
    -- By its place, which cannot change while this statement has it locked: no index is asked once more.
    from due d where o.ctid = d.place and not d.leave
    returning o.*, d.turn, d.place
  )
  select c.id, c.table_number as number, c.key, c.turn, c.begun_at is not null as begun,
    date_part('epoch', clock_timestamp() - c.created_at) * 1000 as age, ${history} as history,
    ${row === undefined ? "null::text[] as values, null::integer[] as sizes" : "r.values, r.sizes"},
    null::float8 as "untilDue", null::text as "pausedSince", null::boolean as "more"
  from claimed c ${row === undefined ? "" : withRow(row)}${depth.also}
  union all
  select null, 0, null, null, false, 0, null, null, null, (
      select date_part('epoch', min(o.due_at) - clock_timestamp()) * 1000
      from unnest($1::integer[]) as t (number) cross join lateral (
        select due_at from inquiries_mailer.outbox
        where table_number = t.number and outcome is null and ctid not in (${depth.done})
        order by due_at limit 1
      ) o
    ), ${depth.told}`
}

const dueFrom = (mark: string): string => `and due_at >= to_timestamp(${mark} / 1000)`
/** The first `$2` of table `$1` that are due from `$5` on; and of several tables, where all three are arrays: a lone claim takes a twentieth longer. */
const ofOne = firstDue("$1::integer", "$2", dueFrom("$5::float8"))
const ofEach = firstDue("t.number", "t.most", dueFrom("t.mark"))

/**
 * Claims and begins what nobody has acted upon yet, of one table or of `several`. It passes over whatever else is among the first
 * that are due, and does not say so: somebody has to look closer soon. Its parameters: the number of each table, how many of it,
 * their lease, the token, and from when on it looks, see `LowWater`.
 */
export const fresh = (row: string, several: boolean): string => `
  with due as materialized (
    select o.place, o.table_number, o.key, o.created_at, o.due_at
    from ${several ? "unnest($1::integer[], $2::integer[], $5::float8[]) as t (number, most, mark) cross join lateral " : ""}(
      ${several ? ofEach : ofOne}
    ) o
    where o.id is null and not ${usual.paused} and not ${hasTwin}
  )
  update inquiries_mailer.outbox o
  set id = ${newId}, claim = $4::uuid, begun_at = clock_timestamp(), first_attempt_at = clock_timestamp(), due_at = ${after("$3")}
  from due c ${withRow(row)}
  where o.ctid = c.place
  returning o.id, c.table_number as number, c.key, date_part('epoch', clock_timestamp() - c.created_at) * 1000 as age, r.values, r.sizes,
    date_part('epoch', c.due_at) * 1000 as due`
