// What our statements rely on, whatever the defaults of server, database and role are. A direct connection keeps it for
// its whole session. Behind a pooler no session is ours: there each statement is a transaction that begins by setting it.
import { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Exit, Layer } from "effect"
import { Reactivity } from "effect/reactivity"
import { make, SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"

/** Longer than any statement: a socket that is silent for this long is cut off. */
export const silence = Duration.seconds(20)
const statementTimeout = Duration.seconds(5)
/** Shorter than `statementTimeout`: a table that somebody holds is then called that, not a slow statement. */
const lockTimeout = Duration.seconds(4)
/** No session of ours is idle for as long: one that is belongs to a process that vanished. */
const idleTimeout = Duration.minutes(1)

const milliseconds = (duration: Duration.Duration): string => String(Duration.toMillis(duration))

/** Good for one transaction as well as for a session. */
const settings = {
  statement_timeout: milliseconds(statementTimeout),
  lock_timeout: milliseconds(lockTimeout),
  idle_in_transaction_session_timeout: milliseconds(silence),
  // The begun mark and the settlement must survive a crash of the server, whatever its default is.
  synchronous_commit: "on",
  // A policy that would hide rows from us raises an error instead.
  row_security: "off",
  // Otherwise whoever may create functions in `public` could have ours run his, with this user's rights.
  search_path: "pg_catalog, pg_temp",
  // A backslash in a name of the customer's stays one.
  standard_conforming_strings: "on",
  // Every statement of ours is a walk along an index. Statistics from a quiet hour must not talk the planner out of it,
  // and what is planned once need not be planned again.
  ...{ enable_seqscan: "off", enable_hashjoin: "off", enable_mergejoin: "off", enable_bitmapscan: "off", jit: "off" },
  plan_cache_mode: "force_generic_plan",
  // Templates read times as text.
  datestyle: "ISO, YMD",
  timezone: "UTC"
}

export const startupParameters = {
  ...settings,
  idle_session_timeout: milliseconds(idleTimeout),
  // When we vanish in the middle of an answer, the server gives up what the session holds. No effect on Unix sockets.
  tcp_user_timeout: milliseconds(silence),
  // A claim passes over what another replica has claimed meanwhile; a stricter level would make it fail instead.
  default_transaction_isolation: "read committed"
}

/** Whether a session has what it asked for at its start, which a pooler may drop without a word, and may write; whose it is. */
export const kept = `select current_setting('row_security') = 'off' and current_setting('synchronous_commit') = 'on'
  and current_setting('search_path') = '${settings.search_path}' as kept,
  current_setting('transaction_read_only') = 'off' as writable, pg_backend_pid() as process`

const begin = "begin isolation level read committed"
const set = (local: boolean): ReadonlyArray<string> =>
  Object.entries(settings).map(([name, value]) => `pg_catalog.set_config('${name}', '${value}', ${local})`)
const setAll = `select ${set(true).join(", ")}`

/** For a session of somebody else's that is to run statements of ours. */
export const setForSession = `select\n  ${set(false).join(",\n  ")}`

/** A client for whoever cannot be sure of its sessions: four round trips a statement, and the same guarantees. */
export const pooled = (config: PgClient.PgPoolConfig): Layer.Layer<SqlClient, SqlError> =>
  Layer.effect(
    SqlClient,
    Effect.gen(function* () {
      const { reserve } = yield* PgClient.make({ ...config, prepare: false })
      return yield* make({
        acquirer: Effect.map(reserve, alone),
        transactionAcquirer: Effect.map(reserve, together),
        compiler: PgClient.makeCompiler(),
        driver: "pg",
        spanAttributes: [],
        beginTransaction: begin
      })
    })
  ).pipe(Layer.provide(Reactivity.layer))

const open = (connection: Connection) =>
  Effect.andThen(
    connection.executeUnprepared(begin, [], undefined),
    connection.executeUnprepared(setAll, [], undefined)
  )

/** Each statement in a transaction of its own. */
const alone = (connection: Connection): Connection => {
  const within = <A>(statement: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.exit(restore(Effect.andThen(open(connection), statement))), (exit) =>
        Exit.isSuccess(exit)
          ? Effect.as(connection.executeUnprepared("commit", [], undefined), exit.value)
          : Effect.andThen(Effect.ignore(connection.executeUnprepared("rollback", [], undefined)), exit)
      )
    )
  return {
    execute: (text, params, transform) => within(connection.execute(text, params, transform)),
    executeRaw: (text, params) => within(connection.executeRaw(text, params)),
    executeValues: (text, params) => within(connection.executeValues(text, params)),
    executeValuesUnprepared: (text, params) => within(connection.executeValuesUnprepared(text, params)),
    executeUnprepared: (text, params, transform) => within(connection.executeUnprepared(text, params, transform)),
    // Of no use here: a stream would hold its transaction open.
    executeStream: connection.executeStream.bind(connection)
  }
}

/** The statements of one transaction: the first of them begins it. */
const together = (connection: Connection): Connection => ({
  execute: (text, params, transform) => connection.execute(text, params, transform),
  executeRaw: (text, params) => connection.executeRaw(text, params),
  executeValues: (text, params) => connection.executeValues(text, params),
  executeValuesUnprepared: (text, params) => connection.executeValuesUnprepared(text, params),
  executeUnprepared: (text, params, transform) =>
    text === begin ? Effect.as(open(connection), []) : connection.executeUnprepared(text, params, transform),
  executeStream: connection.executeStream.bind(connection)
})
