// The LISTEN connection, lent to statements for as long as it is free, and a small lazy pool for what comes meanwhile: a
// database where little happens needs no second connection, and no mail waits for one to be opened.
import { PgClient, PgPool, type PgConnection } from "@effect/sql-pg"
import { Context, Effect, Fiber, Layer, Option, Predicate } from "effect"
import { Reactivity } from "effect/reactivity"
import { make, SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { SqlError, UnknownError } from "effect/sql/SqlError"

/** The pool alone, for statements that may take seconds: nothing is heard on a connection while it runs one. */
class Pooled extends Context.Service<Pooled, SqlClient>()("inquiries-mailer/Lent/Pooled") {}

/** Keeps slow work off the connection that LISTENs. */
export const unhurried = <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | SqlClient> =>
  Effect.flatMap(Effect.serviceOption(Pooled), (pooled) =>
    Option.isSome(pooled) ? Effect.provideService(work, SqlClient, pooled.value) : work
  )

/** The heartbeat on `own` must allow for a statement of this client. After its end what is left to settle goes by the pool. */
export const layer = (
  own: { readonly pinned: PgConnection.PgConnection; readonly isOpen: () => boolean },
  config: PgClient.PgPoolConfig
): Layer.Layer<SqlClient | Pooled, SqlError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const pool = yield* PgPool.make(config)
      const leases = {
        acquirer: Effect.map(pool.get, (connection) => new Way(connection)),
        transactionAcquirer: Effect.map(pool.reserve, (connection) => new Way(connection))
      }
      const shared = {
        compiler: PgClient.makeCompiler(),
        driver: "pg",
        prepareTransactionControls: true,
        commit,
        spanAttributes: [
          ["db.system.name", "postgresql"],
          ["db.namespace", config.database],
          ["server.address", config.host],
          ["server.port", config.port]
        ] as const
      }
      let running = 0
      // Whoever waits may leave; the statement ends by itself. A cancellation would come late, and strike the next one.
      const lent = new Way(own.pinned, (query) =>
        Effect.suspend(() => {
          running++
          const ended = Effect.ensuring(
            query,
            Effect.sync(() => running--)
          )
          return Effect.flatMap(Effect.forkDetach(ended, { startImmediately: true }), Fiber.join)
        })
      )
      const pooled = yield* make({
        ...shared,
        ...leases,
        borrower: (use) => pool.use((connection) => use(new Way(connection)))
      })
      const sql = yield* make({
        ...shared,
        ...leases,
        borrower: (use) =>
          Effect.suspend(() =>
            running === 0 && own.isOpen() ? use(lent) : pool.use((connection) => use(new Way(connection)))
          )
      })
      return Context.make(SqlClient, sql).pipe(Context.add(Pooled, pooled))
    })
  ).pipe(Layer.provide(Reactivity.layer))

/** PostgreSQL answers COMMIT with ROLLBACK where the transaction has failed before. */
const commit = (connection: Connection): Effect.Effect<void, SqlError> =>
  Effect.flatMap(connection.executeRaw("COMMIT", []), (result) => {
    if (!Predicate.hasProperty(result, "command") || result.command !== "ROLLBACK") return Effect.void
    const message = "the transaction had failed before its COMMIT"
    const cause = new Error(message)
    return Effect.fail(new SqlError({ reason: new UnknownError({ cause, message, operation: "commit" }) }))
  })

type Guard = <A>(query: Effect.Effect<A, SqlError>) => Effect.Effect<A, SqlError>
type Transform = Parameters<Connection["execute"]>[2]

/** A connection as the client wants it. */
class Way implements Connection {
  readonly #connection: PgConnection.PgConnection
  readonly #guard: Guard
  constructor(connection: PgConnection.PgConnection, guard: Guard = (query) => query) {
    this.#connection = connection
    this.#guard = guard
  }
  #rows(text: string, params: ReadonlyArray<unknown>, transform: Transform, prepare: boolean) {
    return Effect.map(this.#guard(this.#connection.query(text, params, prepare)), ({ rows }) =>
      transform === undefined ? rows : transform(rows)
    )
  }
  execute(text: string, params: ReadonlyArray<unknown>, transform: Transform) {
    return this.#rows(text, params, transform, true)
  }
  executeUnprepared(text: string, params: ReadonlyArray<unknown>, transform: Transform) {
    return this.#rows(text, params, transform, false)
  }
  executeRaw(text: string, params: ReadonlyArray<unknown>) {
    return this.#guard(this.#connection.query(text, params))
  }
  executeValues(text: string, params: ReadonlyArray<unknown>) {
    return this.#guard(this.#connection.queryValues(text, params))
  }
  executeValuesUnprepared(text: string, params: ReadonlyArray<unknown>) {
    return this.#guard(this.#connection.queryValues(text, params, false))
  }
  executeStream(text: string, params: ReadonlyArray<unknown>) {
    return this.#connection.stream(text, params)
  }
}
