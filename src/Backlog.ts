// What waits in one database, what is parked there, and what awaits a decision: one statement that walks two indexes and
// ends at 10,000 notices a table, however many there are.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { orOutage } from "./SqlOutage.ts"

export interface Standing {
  readonly number: number
  readonly waiting: number
  /** Seconds since the oldest of them was inserted; zero if there is none. */
  readonly age: number
  readonly parked: number
  /** Rows that the sweep has found and that were too many to be mailed unasked. */
  readonly undecided: number
  /** Incidents of this database that are not over, or of whose end nobody was told. */
  readonly incidents: number
  /** The database's clock, in milliseconds. */
  readonly now: number
}

/** By table. */
export const look = Effect.fn("Backlog.look")(function* (database: string, tables: ReadonlyArray<number>) {
  const sql = yield* SqlClient
  return yield* orOutage(sql<Standing>`
    select t.number, w.count as waiting, coalesce(w.age, 0) as age, p.count as parked,
      coalesce(t.sweep_waiting, 0) as undecided,
      (select count(*)::integer from inquiries_mailer.incident
        where database_name = ${database}::text and not closed) as incidents,
      (extract(epoch from clock_timestamp()) * 1000)::float8 as now
    from inquiries_mailer.tables t
    cross join lateral (
      -- What is held for a digest is meant to wait, and a digest itself is no row.
      select count(key)::integer as count,
        extract(epoch from clock_timestamp() - min(created_at) filter (where burst is distinct from 'held'))::float8 as age
      from (
        select key, burst, created_at from inquiries_mailer.outbox
        where table_number = t.number and outcome is null order by due_at limit 10000
      ) o
    ) w
    cross join lateral (
      select count(*)::integer as count from (
        select from inquiries_mailer.outbox
        where table_number = t.number and coalesce(outcome, '') = 'parked' limit 10000
      ) o
    ) p
    where t.number = any(${tables}::integer[])`)
})
