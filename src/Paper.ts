// A client that writes down what it is asked to do instead of doing it: what `migrate` would run, as a script. What it only
// reads it asks the database, in transactions that may not write; what is not there yet counts as empty.
import { PgClient } from "@effect/sql-pg"
import { Effect, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { make, type SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import { literal } from "./Catalog.ts"
import { codeOf } from "./SqlOutage.ts"

export interface Paper {
  readonly sql: SqlClient
  /** Statements without semicolons, in order; a transaction of nothing but settings is left out. */
  readonly statements: Effect.Effect<ReadonlyArray<string>>
}

/** A missing table, schema or column: it is on the paper only. */
const missing = ["42P01", "3F000", "42703"]

const reads = /^(\s|--.*\n)*select\b/i

/** `answer` gives the rows that a statement would return, and the statements before it that make that certain. */
export const paper = Effect.fn("Paper.paper")(function* (
  database: SqlClient,
  answer: (statement: string) => Effect.Effect<Answer, SqlError>
) {
  const written: Array<string> = []
  const execute = (text: string, params: ReadonlyArray<unknown> = []) => {
    if (reads.test(text)) return read(database, text, params)
    return Effect.map(answer(text), ({ before, rows }) => {
      written.push(...before, inlined(text, params))
      return rows
    })
  }
  const connection: Connection = {
    execute,
    executeUnprepared: execute,
    executeRaw: execute,
    executeValues: (text) => Effect.die(new Error(`not for paper: ${text}`)),
    executeValuesUnprepared: (text) => Effect.die(new Error(`not for paper: ${text}`)),
    executeStream: (text) => Stream.die(new Error(`not for paper: ${text}`))
  }
  const sql = yield* make({
    acquirer: Effect.succeed(connection),
    compiler: PgClient.makeCompiler(),
    driver: "pg",
    spanAttributes: [],
    beginTransaction: "begin",
    commit: "commit",
    rollback: "rollback"
  }).pipe(Effect.provide(Reactivity.layer))
  const kept: Paper = { sql, statements: Effect.sync(() => withoutIdle(written)) }
  return kept
})

export interface Answer {
  readonly before: ReadonlyArray<string>
  readonly rows: ReadonlyArray<object>
}

const read = (database: SqlClient, text: string, params: ReadonlyArray<unknown>) =>
  database
    .withTransaction(
      Effect.andThen(database`set transaction read only`, database.unsafe<object>(text, params).withoutTransform)
    )
    .pipe(
      Effect.catchIf(
        (error) => missing.includes(codeOf(error) ?? ""),
        () => Effect.succeed<ReadonlyArray<object>>([])
      )
    )

/** Parameters as literals; a `$1` in a name or in a text is none. */
const inlined = (text: string, params: ReadonlyArray<unknown>): string =>
  (params.length === 0 ? text : text.replace(places, (all, place) => (place ? inSql(params[Number(place) - 1]) : all)))
    .replace(/^\n+/, "")
    .trimEnd()

const places = /"(?:[^"]|"")*"|'(?:[^']|'')*'|\$(\d+)/g

const inSql = (value: unknown): string => {
  if (value === null || value === undefined) return "null"
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  if (typeof value === "string") return literal(value)
  throw new Error("a parameter that has no place in a script")
}

const idle = /^(begin|set local .*)$/i

/** Drops each transaction that does nothing between its begin and its commit. */
const withoutIdle = (written: ReadonlyArray<string>): ReadonlyArray<string> => {
  const kept: Array<string> = []
  for (const statement of written) {
    const begun = kept.lastIndexOf("begin")
    if (statement === "commit" && kept.slice(begun).every((each) => idle.test(each))) kept.splice(begun)
    else kept.push(statement)
  }
  return kept
}
