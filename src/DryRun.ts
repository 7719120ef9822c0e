// What `migrate` would do to one database now, as a script for a person to read and run: the same statements in the same
// transactions, because `migrate` itself has written them, on paper. Changes nothing.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { literal } from "./Catalog.ts"
import type { Database, DatabaseName } from "./Database.ts"
import { migrate } from "./Migrate.ts"
import { type Answer, paper } from "./Paper.ts"
import * as Session from "./Session.ts"
import { orOutage } from "./SqlOutage.ts"

/** The script of one database, and why it cannot all be set up. */
export const dryRun = Effect.fn("DryRun.dryRun")(function* (database: Database, names: ReadonlyArray<DatabaseName>) {
  const sql = yield* SqlClient
  let number: number | undefined
  const answer = Effect.fnUntraced(function* (statement: string) {
    const nothing: Answer = { before: [], rows: [] }
    if (!registers.test(statement)) return nothing
    number ??= yield* nextNumber(sql)
    // Its trigger bears the number. Should somebody else have taken it meanwhile, the script stops at the primary key.
    const numbered: Answer = {
      before: [`select setval('inquiries_mailer.tables_number_seq', ${number}, false)`],
      rows: [{ number }]
    }
    number += 1
    return numbered
  })
  const written = yield* orOutage(paper(sql, answer))
  const { refused, unchanged } = yield* migrate(database, names).pipe(Effect.provideService(SqlClient, written.sql))
  const statements = yield* written.statements
  // A copy of another database is left alone altogether.
  if (statements.length === 0 && refused.length > 0) return { script: undefined, refused }
  const left = unchanged.map((table) => `-- Watched as it should be: ${JSON.stringify(table)}`)
  return { script: [...head(database, statements.length), ...left, ...statements.flatMap(shown)].join("\n"), refused }
})

const registers = /^\s*insert into inquiries_mailer\.tables\b/

const nextNumber = Effect.fnUntraced(function* (sql: SqlClient) {
  const [there] = yield* sql`select where to_regclass('inquiries_mailer.tables_number_seq') is not null`
  if (there === undefined) return 1
  const [next] = yield* sql<{ readonly number: number }>`
    select (last_value + is_called::integer)::integer as number from inquiries_mailer.tables_number_seq`
  return next?.number ?? 1
})

const head = ({ address, name }: Database, count: number): ReadonlyArray<string> => {
  // Names as JSON, so that they cannot leave the comment.
  const title = `-- ${JSON.stringify(name)}, in the database ${JSON.stringify(address.database)}: `
  if (count === 0) return [`${title}everything is set up, \`inquiries-mailer migrate\` would change nothing.`]
  const elsewhere = `this script is for the database ${JSON.stringify(address.database)}`
  const guard = `begin if current_database() <> ${literal(address.database)} then raise exception using message = ${literal(elsewhere)}; end if; end`
  return [
    `${title}what \`inquiries-mailer migrate\` would do now. Nothing is done yet.`,
    "-- Run it as the role that would run `migrate`, with psql: `psql --set ON_ERROR_STOP=1 --file …`. Should it stop, because",
    "-- a table is in use or somebody else runs `migrate`, print it anew: what is done by then is left out.",
    "",
    `do ${literal(guard)};`,
    "",
    "-- As in every session of ours: what may take how long, and that names without a schema are PostgreSQL's own.",
    `${Session.setForSession};`,
    ""
  ]
}

/** What a statement is for. The first that fits; `begin` and `commit` speak for themselves. */
const purposes: ReadonlyArray<readonly [RegExp, string]> = [
  [/^create schema/, "A schema of its own: nothing of this is anywhere else, but for one trigger a watched table."],
  [/^create table "?inquiries_mailer"?\."?migrations/i, "Which numbered steps have run here."],
  [/^lock table "?inquiries_mailer"?\."?migrations/i, "One `migrate` at a time."],
  [/^insert into "?inquiries_mailer"?\."?migrations/i, "The steps that this script runs."],
  [/^create table inquiries_mailer\.tables/, "What is watched: a row a table and configured name."],
  [/^create table inquiries_mailer\.outbox/, "What is to be mailed: keys, times and outcomes, no content of a row."],
  [/^create table inquiries_mailer\.identity/, "Which database this is, so that a copy of it mails nothing."],
  [/^create table/, "A table of ours."],
  [/^create( unique)? index/, "An index of ours, on a table of ours."],
  [/^alter table inquiries_mailer\./, "More columns of a table of ours."],
  [/^revoke all on schema/, "Nobody else has a right to any of it."],
  [/^insert into inquiries_mailer\.identity/, "Read where the script runs, not where it was printed."],
  [/^update inquiries_mailer\.identity/, "What was not known of this database before."],
  [/^set local lock_timeout/, "A table in use is waited for this long; whoever comes after us waits as long at most."],
  [/^set local statement_timeout/, "To look through a table by a time that may have no index."],
  [/^select setval/, "The next number, which the trigger below bears."],
  [/^insert into inquiries_mailer\.tables/, "A table that is watched from now on."],
  [/^update inquiries_mailer\.tables set table_schema/, "A table that has another name or another key than before."],
  [
    /^create or replace function/,
    "Writes a row's key into the outbox, and notifies; fails no INSERT, and waits 250 ms at most."
  ],
  [/^revoke all on function/, "Nobody else may attach it to a table."],
  [/^create or replace trigger/, "Waits for whoever writes to the table at this moment, and for no reader."],
  [/^insert into inquiries_mailer\.outbox/, "Rows dated ahead, which are there already: they are never mailed."],
  [
    /^update inquiries_mailer\.tables set swept_table = to_regclass/,
    "What is there already, read at this moment, is never mailed."
  ],
  [
    /^update inquiries_mailer\.tables set swept_table = null/,
    "What comes until it is watched again is not to be mailed."
  ],
  [/^drop trigger/, "A table that is configured no more. Waits for readers, too."],
  [/^drop function/, "Its trigger's function."]
]

const shown = (statement: string): ReadonlyArray<string> => {
  const purpose = purposes.find(([pattern]) => pattern.test(statement.trimStart()))
  const line = `${outdented(statement)};`
  if (statement === "commit") return [line, ""]
  return purpose === undefined ? [line] : [`-- ${purpose[1]}`, line]
}

/** Written inside of code: all lines but the first are indented by at least as much. */
const outdented = (statement: string): string => {
  const [first = "", ...rest] = statement.trimStart().split("\n")
  // Nothing inside of a text may change, as a function's body.
  if (statement.includes("language plpgsql")) return [first, ...rest].join("\n")
  const margin = Math.min(...rest.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)))
  const inner = Number.isFinite(margin) && !first.endsWith("(") ? Math.max(0, margin - 2) : margin
  return [first, ...rest.map((line) => line.slice(Number.isFinite(inner) ? inner : 0))].join("\n")
}
