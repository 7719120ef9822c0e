// The LISTEN connection, lent to short statements while it is free, and a small lazy pool for what comes beyond: a database
// where little happens needs no second connection. While a statement runs on it nothing is heard, so the server ends one that
// is slow (`hold`), which then begins anew in the pool, and for a while everything goes there.
import { PgClient, PgPool } from "@effect/sql-pg"
import { Clock, Context, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { Reactivity } from "effect/reactivity"
import { make, SqlClient } from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { Connection } from "effect/sql/SqlConnection"
import * as Connects from "./Connects.ts"
import type { Address } from "./Database.ts"
import { Repeated, type Run } from "./Repeated.ts"
import * as Socket from "./Socket.ts"
import { codeOf } from "./SqlOutage.ts"
import { commit, type Guard, type Pinned, Way } from "./ClientWay.ts"

/** Longest statement on the LISTEN connection: two in line delay a notification, and the heartbeat, by twice this. */
export const hold = Duration.seconds(1)
/** The claim and the settlement of one mail meet here. More is a backlog, and worth another connection. */
const inLine = 2
/** Where a statement was slow the next ones would be: until this has passed none is lent the connection. */
export const rest = Duration.minutes(1)
/** "Canceled": by `hold`, or by a person. The server has undone what the statement did. */
const canceled = "57014"

const Unhurried = Context.Reference("inquiries-mailer/Lent/Unhurried", { defaultValue: () => false })
const Patient = Context.Reference("inquiries-mailer/Lent/Patient", { defaultValue: () => false })
const Often = Context.Reference("inquiries-mailer/Lent/Often", { defaultValue: () => false })

/** Keeps work that may take seconds off the connection that LISTENs. */
export const unhurried: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.provideService(
  Unhurried,
  true
)

/** Rather waits for that connection than open another one. */
export const patient: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.provideService(
  Patient,
  true
)
/** Between two looks whether it is free. */
const look = Duration.millis(20)

/**
 * Statements that come again and again: a session plans each once. It keeps them then, some 100 kB of its server's memory
 * each, and twice their text in ours; so what is asked at a start, or every ten minutes, is planned anew.
 */
export const often: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = Effect.provideService(
  Often,
  true
)

const lines = new WeakMap<Address, SqlClient>()

/** The way that is open anyway, for whoever has a question and would have to connect. */
export const lineTo = (address: Address): SqlClient | undefined => lines.get(address)

/** A LISTEN connection, on which the server ends statements after `hold`. */
export interface Own {
  readonly pinned: Pinned
  readonly isOpen: () => boolean
  /** To be run when a statement was answered: that proves as much as a heartbeat. */
  readonly answered: Effect.Effect<void>
}

/** After the end of `own` what is left to settle goes by the pool. */
export const layer = (
  address: Address,
  own: Own,
  config: PgClient.PgPoolConfig & { readonly maxConnections: number }
): Layer.Layer<SqlClient | Repeated, SqlError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      let open = 0
      let busy = 0
      const stream = () => {
        const socket = Socket.open(address)
        open++
        return socket.once("close", () => open--)
      }
      const pool = yield* PgPool.make({ ...config, stream })
      const spare = () => open > busy || open >= config.maxConnections
      /** A connect takes its turn. */
      const turn = <A, E, R>(use: Effect.Effect<A, E, R>) => (spare() ? use : Connects.among(use))
      const take = Effect.sync(() => busy++)
      const give = Effect.sync(() => busy--)
      const lease = (get: typeof pool.get) =>
        Effect.suspend(() => {
          const connection = Effect.map(turn(get), (got) => new Way(got, true))
          return Effect.andThen(
            Effect.acquireRelease(take, () => give),
            connection
          )
        })
      const shared = {
        compiler: PgClient.makeCompiler(),
        driver: "pg",
        prepareTransactionControls: true,
        commit,
        acquirer: lease(pool.get),
        transactionAcquirer: lease(pool.reserve),
        spanAttributes: [
          ["db.system.name", "postgresql"],
          ["db.namespace", config.database],
          ["server.address", config.host],
          ["server.port", config.port]
        ] as const
      }
      const byPool = <A, E, R>(use: Use<A, E, R>, prepares: boolean) =>
        Effect.suspend(() => {
          const used = turn(pool.use((connection) => use(new Way(connection, prepares))))
          return Effect.acquireUseRelease(
            take,
            () => used,
            () => give
          )
        })
      let running = 0
      let slowUntil = 0
      const counted: Guard = (query) =>
        Effect.suspend(() => {
          running++
          return Effect.onExit(query, (exit) => {
            running--
            return Exit.isSuccess(exit) ? own.answered : Effect.void
          })
        })
      // Whoever waits may leave; the statement ends by itself. A cancellation would come late, and strike the next one.
      const lend: Guard = (query) =>
        Effect.flatMap(Effect.forkDetach(counted(query), { startImmediately: true }), Fiber.join)
      const [preparing, other] = [new Way(own.pinned, true, lend), new Way(own.pinned, false, lend)]
      // For whoever does not leave.
      const toTheEnd = new Way(own.pinned, true, counted)
      const byLine = <A, E, R>(use: Use<A, E, R>, way: Way, prepares: boolean) =>
        Effect.catchIf(
          use(way),
          (error) => isSqlError(error) && codeOf(error) === canceled,
          () =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => {
              slowUntil = now + Duration.toMillis(rest)
              return byPool(use, prepares)
            })
        )
      const free = (now: number) =>
        own.isOpen() && now >= slowUntil && (running === 0 || (running < inLine && open <= busy))
      const freed = Effect.repeat(Effect.delay(Effect.map(Clock.currentTimeMillis, free), look), { until: (is) => is })
      /** By the line where that may be, else by the pool. */
      const chosen = <A, E, R>(line: () => Effect.Effect<A, E, R>, pool: () => Effect.Effect<A, E, R>) =>
        Effect.withFiber<A, E, R>((fiber) => {
          const isFree = free(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
          if (fiber.getRef(Patient) && !isFree) return Effect.flatMap(freed, line)
          return (isFree && !fiber.getRef(Unhurried) ? line : pool)()
        })
      const sql = yield* make({
        ...shared,
        borrower: (use) =>
          Effect.flatMap(Often, (prepares) =>
            chosen(
              () => byLine(use, prepares ? preparing : other, prepares),
              () => byPool(use, prepares)
            )
          )
      })
      const repeated: Run = (text, params) => {
        const use = (connection: Connection) => connection.execute(text, params, undefined)
        return chosen(
          () => Effect.uninterruptible(byLine(use, toTheEnd, true)),
          () => Effect.uninterruptible(byPool(use, true))
        )
      }
      yield* Effect.acquireRelease(
        Effect.sync(() => lines.set(address, sql)),
        () => Effect.sync(() => lines.delete(address))
      )
      return Context.make(SqlClient, sql).pipe(Context.add(Repeated, repeated))
    })
  ).pipe(Layer.provide(Reactivity.layer))

type Use<A, E, R> = (connection: Connection) => Effect.Effect<A, E, R>
