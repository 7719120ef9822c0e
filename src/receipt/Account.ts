// What one database says of one day: its tables' rows and what became of them, what was settled on that day, and what waits
// now. Every look into the outbox walks an index and ends at 10,000.
import { Clock, Duration, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Capture from "../Capture.ts"
import * as Catalog from "../Catalog.ts"
import { countLimit } from "../Counts.ts"
import { type Database, showTable, type Table } from "../Database.ts"
import { orOutage } from "../SqlOutage.ts"
import type { Outage } from "../State.ts"
import type { Day } from "./Day.ts"
import * as Written from "./Written.ts"

export interface Outcomes {
  /** On that day, of whichever rows. */
  readonly accepted: number
  readonly gone: number
  /** Now. */
  readonly waiting: number
  readonly uncertain: number
  readonly parked: number
}

export interface TableAccount {
  readonly table: string
  readonly written: Written.Written | Written.NotCounted
  /** Undefined where nothing is installed. */
  readonly outcomes: Outcomes | undefined
  /** It got no row, though it gets some on such a day. */
  readonly silent: boolean
}

export interface Account {
  readonly database: string
  readonly tables: ReadonlyArray<TableAccount>
  /** How long it was away on that day; undefined where that is kept nowhere. */
  readonly awaySeconds: number | undefined
}

/** A clock that goes wrong by this much makes no row look as if it was missed. */
const doubt = Duration.hours(1)

export const isCounted = (written: TableAccount["written"]): written is Written.Written => !("notCounted" in written)

/** `earlier` are the days before it, the last one first. */
export const take = Effect.fn("Account.take")(function* (
  database: Database,
  day: Day,
  earlier: ReadonlyArray<Day>,
  outbox: boolean
) {
  const known = outbox ? yield* settledAndWaiting(database, day, earlier) : []
  const tables: Array<TableAccount> = []
  for (const table of database.tables) tables.push(yield* ofTable(database, table, day, known, outbox))
  const account: Account = {
    database: database.name,
    tables,
    awaySeconds: outbox ? yield* away(database, day) : undefined
  }
  return account
})

interface Known extends Outcomes {
  readonly number: number
  /** When it was begun to be watched, in epoch milliseconds. */
  readonly since: number
  /** On how many of the last seven days, and of the same day of the last four weeks, rows came. */
  readonly lately: number
  readonly weekly: number
}

/** Rows came on nearly every day of the last week, or on this day of most weeks: offices and their customers rest on Sundays. */
const usual = ({ lately, weekly }: Known): boolean => lately >= 6 || weekly >= 3

const ofTable = Effect.fnUntraced(function* (
  database: Database,
  table: Table,
  day: Day,
  known: ReadonlyArray<Known>,
  outbox: boolean
): Effect.fn.Return<TableAccount, Outage, SqlClient> {
  const nothing = { outcomes: undefined, silent: false }
  const description = yield* Catalog.describe(table.name)
  if (Catalog.isRefusal(description)) {
    return { table: showTable(table.name), written: { notCounted: description.refused }, ...nothing }
  }
  const name = `${description.schema}.${description.name}`
  const number = outbox ? (yield* orOutage(Capture.find(database.name, description)))?.number : undefined
  if (outbox && number === undefined) {
    return { table: name, written: { notCounted: "it is not set up: run `inquiries-mailer migrate`" }, ...nothing }
  }
  const found = known.find((each) => each.number === number)
  const now = yield* Clock.currentTimeMillis
  const forgotten = now - Duration.toMillis(Duration.subtract(database.retention, doubt))
  const judgedFrom = Math.max(day.from, forgotten, found?.since ?? 0)
  const { timeZone } = database
  const written = yield* Written.count({ description, table, timeZone, number, day, judgedFrom })
  if (found === undefined) return { table: name, written, ...nothing }
  const { accepted, gone, parked, uncertain, waiting } = found
  const came = isCounted(written) ? written.rows : accepted + gone + waiting
  return {
    table: name,
    written,
    outcomes: { accepted, gone, parked, uncertain, waiting },
    silent: came === 0 && usual(found)
  }
})

const seconds = (millis: number): number => millis / 1_000

const settledAndWaiting = Effect.fnUntraced(function* (database: Database, day: Day, earlier: ReadonlyArray<Day>) {
  const sql = yield* SqlClient
  return yield* orOutage(sql<Known>`
    select t.number, coalesce(extract(epoch from t.watched_since) * 1000, 0)::float8 as since,
      d.accepted, d.gone, w.waiting, w.uncertain, p.parked, u.lately, u.weekly
    from inquiries_mailer.tables t
    cross join lateral (
      select (count(*) filter (where o.outcome = 'sent'))::integer as accepted,
        (count(*) filter (where o.outcome = 'gone'))::integer as gone
      from (
        select outcome from inquiries_mailer.outbox
        where table_number = t.number and outcome is not null
          and settled_at >= to_timestamp(${seconds(day.from)}::float8) and settled_at < to_timestamp(${seconds(day.to)}::float8)
        order by settled_at desc limit ${countLimit}
      ) o
    ) d
    cross join lateral (
      -- A digest is no row.
      select count(o.key)::integer as waiting,
        (count(*) filter (where o.maybe_sent or o.begun_at is not null and o.due_at < clock_timestamp()))::integer as uncertain
      from (
        select * from inquiries_mailer.outbox
        where table_number = t.number and outcome is null order by due_at limit ${countLimit}
      ) o
    ) w
    cross join lateral (
      select count(*)::integer as parked from (
        select from inquiries_mailer.outbox
        where table_number = t.number and coalesce(outcome, '') = 'parked' limit ${countLimit}
      ) o
    ) p
    cross join lateral (
      select (count(*) filter (where e.n <= 7))::integer as lately, (count(*) filter (where e.n % 7 = 0))::integer as weekly
      from unnest(${earlier.map(({ from }) => seconds(from))}::float8[], ${earlier.map(({ to }) => seconds(to))}::float8[])
        with ordinality as e (since, until, n)
      cross join lateral (
        select from inquiries_mailer.outbox
        where table_number = t.number and outcome is not null
          and settled_at >= to_timestamp(e.since) and settled_at < to_timestamp(e.until)
        order by settled_at limit 1
      ) o
    ) u
    where t.database_name = ${database.name}`)
})

const away = Effect.fnUntraced(function* (database: Database, day: Day) {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<{ readonly seconds: number }>`
    select coalesce(sum(extract(epoch from upper(p) - lower(p))), 0)::float8 as seconds from unnest((
      select range_agg(tstzrange(began_at, ended_at)) from inquiries_mailer.away
      where database_name = ${database.name} and began_at < ended_at
    ) * tstzmultirange(tstzrange(to_timestamp(${seconds(day.from)}::float8), to_timestamp(${seconds(day.to)}::float8)))) p`)
  return row?.seconds ?? 0
})
