// Takes away what `migrate` has made in one database under one name, and nothing else: nothing of the customer's is ever
// dropped along, what stands in the way is named. Waits for busy tables as `migrate` does.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Capture from "./Capture.ts"
import type { DatabaseName } from "./Database.ts"
import * as Identity from "./Identity.ts"
import { briefly, steps } from "./Migrate.ts"
import { paper } from "./Paper.ts"
import { orOutage } from "./SqlOutage.ts"
import * as Strangers from "./Strangers.ts"

export interface Report {
  /** Tables that are no longer watched. */
  readonly removed: ReadonlyArray<string>
  /** Unsettled notices that are gone with it, and never mailed. */
  readonly unmailed: number
  /** Whether anything of ours was there. */
  readonly found: boolean
  /** Names that the outbox is still needed for. */
  readonly otherNames: ReadonlyArray<string>
  /** Why it was not done, or not to its end. */
  readonly refused: string | undefined
}

/** Settled notices that a statement deletes: tenths of a second. */
const batch = 5_000
/** PostgreSQL refuses to drop what something needs that `Strangers` does not know of. */
const dependents = "2BP01"

/** With `force` also where notices wait that will then never be mailed. */
export const uninstall = Effect.fn("Uninstall.uninstall")(function* (name: DatabaseName, force: boolean) {
  const sql = yield* SqlClient
  const refuse = (refused: string, removed: ReadonlyArray<string> = []): Report => ({
    ...{ found: true, removed, unmailed: 0, otherNames: [], refused }
  })
  const [there] = yield* orOutage(sql`select where to_regclass('inquiries_mailer.tables') is not null`)
  if (there === undefined) return { ...refuse(""), found: false, refused: undefined } satisfies Report
  const outdated = yield* Identity.refusal(true)
  if (outdated !== undefined) return refuse(outdated)
  const numbers = yield* orOutage(registered(name))
  const otherNames = yield* orOutage(Capture.otherNames([name]))
  const own = yield* ours(numbers)
  if (otherNames.length === 0) {
    const strangers = yield* orOutage(Strangers.find(own))
    if (strangers.length > 0) return refuse(inTheWay(strangers.join(", ")))
  }
  const waiting = yield* orOutage(unsettled(numbers))
  if (waiting > 0 && !force) return refuse(unmailed(waiting))

  const removed: Array<string> = []
  for (const table of yield* orOutage(Capture.standing(name))) {
    yield* briefly(name, table, "everybody", Capture.remove(table))
    removed.push(`${table.schema}.${table.name}`)
  }
  if (otherNames.length > 0) yield* orOutage(forget(numbers, force))
  const last = Effect.gen(function* () {
    yield* sql`lock table inquiries_mailer.tables, inquiries_mailer.outbox in access exclusive mode`
    // Up to a moment ago rows could come.
    const late = yield* unsettled(numbers)
    if (late > 0 && !force) return refuse(`${unmailed(late)}. Their tables are not watched any more`, removed)
    const needed = yield* Capture.otherNames([name])
    for (const number of numbers) yield* sql.unsafe(`drop function if exists ${Capture.functionName(number)}()`)
    if (needed.length > 0) {
      yield* sql`delete from inquiries_mailer.outbox where table_number = any(${numbers}::integer[])`
      yield* sql`delete from inquiries_mailer.tables where database_name = ${name}`
    } else {
      yield* sql.unsafe(`drop table ${own.tables.map((table) => `inquiries_mailer.${table}`).join(", ")}`)
      yield* sql`drop schema inquiries_mailer`
    }
    return { found: true, removed, unmailed: late, otherNames: needed, refused: undefined } satisfies Report
  })
  return yield* briefly(name, { schema: "inquiries_mailer", name: "outbox" }, "everybody", last).pipe(
    Effect.catchIf(
      ({ reason }) => reason.endsWith(`(${dependents})`),
      () => Effect.succeed(refuse(inTheWay(`something that PostgreSQL does not let go (${dependents})`), removed))
    )
  )
})

const unmailed = (count: number) =>
  `${count} notices are not settled, and would never be mailed: let the worker mail them first, or say --force`

const inTheWay = (what: string) =>
  `in the schema inquiries_mailer, or depending on it, is what migrate did not make: ${what}. Move or drop it first`

const registered = Effect.fnUntraced(function* (name: DatabaseName) {
  const sql = yield* SqlClient
  const rows = yield* sql<{ readonly number: number }>`
    select number from inquiries_mailer.tables where database_name = ${name} order by number`
  return rows.map(({ number }) => number)
})

const unsettled = Effect.fnUntraced(function* (numbers: ReadonlyArray<number>) {
  const sql = yield* SqlClient
  const [row] = yield* sql<{ readonly count: number }>`
    select count(o.key)::integer as count from unnest(${numbers}::integer[]) as t (number)
      join inquiries_mailer.outbox o on o.table_number = t.number and o.outcome is null`
  return row?.count ?? 0
})

/** Most of the notices, in short statements; what is left goes with the registration. */
const forget = Effect.fnUntraced(function* (numbers: ReadonlyArray<number>, force: boolean) {
  const sql = yield* SqlClient
  for (const number of numbers) {
    for (const which of ["outcome is not null", ...(force ? ["outcome is null"] : [])]) {
      while (true) {
        const gone = yield* sql`
          delete from inquiries_mailer.outbox where ctid = any(array(select ctid from inquiries_mailer.outbox
            where table_number = ${number}::integer and ${sql.literal(which)} limit ${batch}))
          returning id`
        if (gone.length < batch) break
      }
    }
  }
})

/** What the numbered steps make, by their own words. */
const ours = Effect.fnUntraced(function* (numbers: ReadonlyArray<number>) {
  const sql = yield* SqlClient
  const written = yield* orOutage(paper(sql, () => Effect.succeed({ before: [], rows: [] })))
  yield* orOutage(Effect.provideService(steps, SqlClient, written.sql))
  const statements = yield* written.statements
  const names = (pattern: RegExp) => statements.flatMap((statement) => pattern.exec(statement.trimStart())?.[1] ?? [])
  return {
    tables: [...names(/^create table inquiries_mailer\.(\w+)/), "migrations"],
    indexes: names(/^create (?:unique )?index (\w+)/),
    functions: numbers.map((number) => `capture_${number}`)
  }
})
