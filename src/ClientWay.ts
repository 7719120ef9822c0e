// One connection of the driver, as Effect's SQL client wants it: with statements that the session keeps, or without.
import type { PgConnection } from "@effect/sql-pg"
import { Effect, Predicate } from "effect"
import { SqlError, UnknownError } from "effect/sql/SqlError"
import type { Connection } from "effect/sql/SqlConnection"

/** PostgreSQL answers COMMIT with ROLLBACK where the transaction has failed before. */
export const commit = (connection: Connection): Effect.Effect<void, SqlError> =>
  Effect.flatMap(connection.executeRaw("COMMIT", []), (result) => {
    if (!Predicate.hasProperty(result, "command") || result.command !== "ROLLBACK") return Effect.void
    const message = "the transaction had failed before its COMMIT"
    const cause = new Error(message)
    return Effect.fail(new SqlError({ reason: new UnknownError({ cause, message, operation: "commit" }) }))
  })

/** Around each statement. */
export type Guard = <A>(query: Effect.Effect<A, SqlError>) => Effect.Effect<A, SqlError>
/** What of a connection is used. */
export type Pinned = Pick<PgConnection.PgConnection, "query" | "queryValues" | "stream">
type Transform = Parameters<Connection["execute"]>[2]

/** A connection as the client wants it. */
export class Way implements Connection {
  readonly #connection: Pinned
  readonly #prepares: boolean
  readonly #guard: Guard
  constructor(connection: Pinned, prepares: boolean, guard: Guard = (query) => query) {
    this.#connection = connection
    this.#prepares = prepares
    this.#guard = guard
  }
  #rows(text: string, params: ReadonlyArray<unknown>, transform: Transform, prepare: boolean) {
    return Effect.map(this.#guard(this.#connection.query(text, params, prepare)), ({ rows }) =>
      transform === undefined ? rows : transform(rows)
    )
  }
  execute(text: string, params: ReadonlyArray<unknown>, transform: Transform) {
    return this.#rows(text, params, transform, this.#prepares)
  }
  executeUnprepared(text: string, params: ReadonlyArray<unknown>, transform: Transform) {
    return this.#rows(text, params, transform, false)
  }
  executeRaw(text: string, params: ReadonlyArray<unknown>) {
    return this.#guard(this.#connection.query(text, params, this.#prepares))
  }
  executeValues(text: string, params: ReadonlyArray<unknown>) {
    return this.#guard(this.#connection.queryValues(text, params, this.#prepares))
  }
  executeValuesUnprepared(text: string, params: ReadonlyArray<unknown>) {
    return this.#guard(this.#connection.queryValues(text, params, false))
  }
  executeStream(text: string, params: ReadonlyArray<unknown>) {
    return this.#connection.stream(text, params)
  }
}
