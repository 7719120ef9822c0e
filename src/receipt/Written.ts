// The rows of one day in one table, counted in the table itself by when they were written, and what became of each. It may
// cost the customer's server five seconds of one process, and is given up then.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { type Description, identifier, quoted } from "../Catalog.ts"
import type { Table } from "../Database.ts"
import { noticesFor } from "../Keyed.ts"
import { codeOf, orOutage } from "../SqlOutage.ts"
import type { Day } from "./Day.ts"

export interface Written {
  /** Without those that are not judged. */
  readonly rows: number
  readonly mailed: number
  readonly waiting: number
  readonly parked: number
  /** No notice tells of them: they were never captured, and will not be mailed by themselves unless the sweep finds them. */
  readonly missed: number
  /** Rows without a notice from before the table was watched, or so old that theirs may have been deleted. */
  readonly unjudged: number
}

/** Why rows were not counted. */
export interface NotCounted {
  readonly notCounted: string
}

export interface Question {
  readonly description: Description
  readonly table: Pick<Table, "createdAt">
  /** Of times without one. */
  readonly timeZone: string
  /** Undefined where nothing is installed: then nothing is known of mails. */
  readonly number: number | undefined
  readonly day: Day
  /** Rows from before are not mailed, or what became of them is forgotten. */
  readonly judgedFrom: number
}

const empty: Written = { rows: 0, mailed: 0, waiting: 0, parked: 0, missed: 0, unjudged: 0 }

/** Taken up by what somebody else holds, or simply too much. */
const tooLong = ["57014", "55P03"]

export const count = Effect.fn("Written.count")(function* (question: Question) {
  const { day, description, judgedFrom, number, table, timeZone } = question
  const kind = description.columns.find(({ name }) => name === table.createdAt)?.kind
  if (kind !== "timestamptz" && kind !== "timestamp") {
    return { notCounted: `no column ${table.createdAt} says when a row was written` } satisfies NotCounted
  }
  const sql = yield* SqlClient
  const column = `r.${identifier(table.createdAt)}`
  // Compared as it is, so that an index on it fits. The zone stands in every statement, as every parameter has to.
  const at = (parameter: string) =>
    kind === "timestamptz"
      ? `to_timestamp(${parameter}::float8)`
      : `(to_timestamp(${parameter}::float8) at time zone $4::text)`
  const key = `(r.${identifier(description.key)}::text collate "default")`
  // The newest notice for the key.
  const notice =
    number === undefined
      ? "left join lateral (select null::boolean as found, null::text as outcome) n on true"
      : `left join lateral (
      select true as found, b.outcome
      from ${noticesFor("u.outcome, u.created_at", "$5::integer", key)} b
      order by b.created_at desc limit 1
    ) n on true`
  const judged = `${column} >= ${at("$3")}`
  const counted = sql.unsafe<Written>(
    `select (count(*) filter (where n.found or ${judged}))::float8 as rows,
      (count(*) filter (where n.found is null and not ${judged}))::float8 as unjudged,
      (count(*) filter (where n.outcome = 'sent'))::float8 as mailed,
      (count(*) filter (where n.found and n.outcome is null))::float8 as waiting,
      (count(*) filter (where n.outcome = 'parked'))::float8 as parked,
      (count(*) filter (where n.outcome = 'gone' or n.found is null and ${judged} and $5::integer > 0))::float8 as missed
    from ${quoted(description)} r ${notice}
    where ${column} >= ${at("$1")} and ${column} < ${at("$2")} and $4::text is not null`,
    [day.from / 1_000, day.to / 1_000, judgedFrom / 1_000, timeZone, number ?? 0]
  )
  const gently = Effect.andThen(
    sql`select set_config('enable_seqscan', 'on', true), set_config('max_parallel_workers_per_gather', '0', true)`,
    counted
  )
  return yield* sql.withTransaction(gently).pipe(
    Effect.map((rows): Written | NotCounted => rows[0] ?? empty),
    Effect.catchIf(
      (error) => tooLong.includes(codeOf(error) ?? ""),
      () => Effect.succeed<Written | NotCounted>({ notCounted: "took too long" })
    ),
    orOutage
  )
})
