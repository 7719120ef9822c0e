// The way to one database: one pinned connection that LISTENs, runs statements while it is free and proves with a heartbeat
// that somebody is there, and a small lazy pool. Built inside the child that uses it, so that a restart gets everything
// new. No operation on it can hang for ever: a socket without traffic destroys itself (`Session.silence`), which also ends
// what cannot be interrupted.
import { PgClient, type PgConnection } from "@effect/sql-pg"
import { Context, Duration, Effect, Exit, Layer, Option, Queue, Scope } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomBytes, randomUUID } from "node:crypto"
import type { Address, Wake } from "./Database.ts"
import * as Connects from "./Connects.ts"
import * as Heartbeat from "./Heartbeat.ts"
import * as Lent from "./Lent.ts"
import { config, isDirect, kept, open } from "./Opening.ts"
import * as Session from "./Session.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

const poolSize = 4
/** Shorter than `Session.silence`: an idle pooled connection is closed politely. */
const poolIdle = Duration.seconds(15)
/** Between polls nothing is held, so that a serverless database may sleep. */
const pollIdle = Duration.seconds(1)
const proofTimeout = Duration.seconds(5)
/** How the payload of a proof begins; a trigger's begins with a brace. */
const proofs = "proof "

/** The channel of our own triggers. A fixed name: an old system that still listens elsewhere is not woken. */
export const channel = "inquiries_mailer"

export class Notifications extends Context.Service<
  Notifications,
  {
    /** Ends when something was notified since the last time that it did; at once if it already was. The payloads. */
    readonly next: Effect.Effect<ReadonlyArray<string>, Outage>
    /** The number of an advisory lock that the LISTEN session holds as long as it lives, where there is one. */
    readonly session?: string | undefined
    /** Never ends while the server answers on the LISTEN connection. */
    readonly alive: Effect.Effect<never, Outage>
    /** Why nothing is ever notified here, where that is so: `wanted`, or because no notification comes through. */
    readonly deaf: "wanted" | "unheard" | undefined
  }
>()("inquiries-mailer/Notifications") {}

/**
 * A pool of at most 4 connections, opened as they are needed, and the LISTEN connection. The layer is ready when LISTEN
 * is confirmed and one notification has come through: whatever commits after that is notified. In poll mode, and where
 * none comes through, there is no LISTEN connection.
 */
export const layer = (address: Address, wake: Wake): Layer.Layer<SqlClient | Notifications, Outage> =>
  Layer.unwrap(
    Effect.gen(function* () {
      if (wake === "poll") return Layer.merge(pool(address, yield* isDirect(address), pollIdle), deafness("wanted"))
      const scope = yield* Scope.fork(yield* Effect.scope)
      const own = yield* proving(address, scope, true).pipe(Scope.provide(scope))
      const heard = yield* listen(own).pipe(Scope.provide(scope))
      if (heard !== undefined) {
        const sql = own.direct
          ? Layer.orDie(Lent.layer(address, own, poolConfig(address, true, poolIdle)))
          : pool(address, false, poolIdle)
        return Layer.merge(sql, Layer.succeed(Notifications, heard))
      }
      yield* Scope.close(scope, Exit.void)
      // What loses notifications changes sessions between two statements.
      return Layer.merge(pool(address, false, poolIdle), deafness("unheard"))
    })
  )

/** One connection without LISTEN, for work that has an end. */
export const once = (address: Address): Layer.Layer<SqlClient, Outage> =>
  Layer.unwrap(Effect.map(isDirect(address), (direct) => pool(address, direct, poolIdle, 1)))

/** The pool without LISTEN. */
export const pooled = (address: Address): Layer.Layer<SqlClient, Outage> =>
  Layer.unwrap(Effect.map(isDirect(address), (direct) => pool(address, direct, poolIdle)))

/** The same where sessions keep nothing between two statements, as `ear` has found. */
export const unkept = (address: Address): Layer.Layer<SqlClient> => pool(address, false, poolIdle)

const poolConfig = (address: Address, direct: boolean, idleTimeout: Duration.Duration, maxConnections = poolSize) => ({
  ...config(address, direct),
  maxConnections,
  idleTimeout
})

const pool = (...sizes: Parameters<typeof poolConfig>) => {
  const [, direct] = sizes
  const sized = poolConfig(...sizes)
  return (direct ? PgClient.layer(sized) : Session.pooled(sized)).pipe(Layer.orDie)
}

/** One question on a connection of its own, which is asked for nothing: it works everywhere, also on a standby. */
export const ask = Effect.fnUntraced(function* (address: Address, text: string) {
  const { rows } = yield* open(address, false).pipe(
    Effect.flatMap(({ connection }) => connection.query(text, [], false)),
    Effect.scoped,
    orOutage
  )
  return rows[0] ?? {}
})

const deafness = (deaf: "wanted" | "unheard") =>
  Layer.succeed(Notifications, { next: Effect.never, alive: Effect.never, deaf })

/** Hears a notification of its own; undefined where that does not come through. */
const listen = Effect.fnUntraced(function* (own: Proving) {
  const queue = yield* heard(own)
  if (queue === undefined) return undefined
  // The proof of another replica is no news.
  const news: Effect.Effect<ReadonlyArray<string>, SqlError> = Effect.flatMap(Queue.takeAll(queue), (all) => {
    const payloads = all.map(({ payload }) => payload).filter((payload) => !payload.startsWith(proofs))
    return payloads.length > 0 ? Effect.succeed(payloads) : news
  })
  return Notifications.of({
    next: orOutage(news),
    alive: own.alive,
    deaf: undefined,
    session: own.direct ? own.session : undefined
  })
})

/** What is notified on our channel; undefined where that does not come through. */
const heard = Effect.fnUntraced(function* ({ proof, queue }: Proving) {
  const hearing = Queue.take(queue).pipe(Effect.repeat({ until: ({ payload }) => payload === proof }))
  const came = yield* orOutage(Effect.timeoutOption(hearing, proofTimeout))
  return Option.isSome(came) ? queue : undefined
})

/**
 * LISTENs, and notifies itself. All the connects that this takes are one turn, so that the first databases do not wait for
 * the last. The connection is of `scope`.
 */
const proving = (address: Address, scope: Scope.Scope, lent: boolean) =>
  Connects.inTurn(
    address,
    Effect.gen(function* () {
      const proof = `${proofs}${randomUUID()}`
      const notify = `pg_catalog.pg_notify('${channel}', '${proof}')`
      const session = randomBytes(8).readBigInt64BE().toString()
      const lending = [bounded, `pg_catalog.pg_try_advisory_lock(${session})`]
      const own = yield* pin(address, [notify, ...(lent ? lending : [])]).pipe(Scope.provide(scope))
      if (own.unpooled) return { ...own, proof, session }
      // From another connection: on its own even a pooler's would hear it.
      yield* orOutage(
        Effect.scoped(
          Effect.flatMap(open(address, own.direct), ({ connection }) => connection.query(`select ${notify}`, [], false))
        )
      )
      if (lent && own.direct) yield* orOutage(own.pinned.query(`select ${lending.join(", ")}`, [], false))
      return { ...own, proof, session }
    })
  )

const bounded = `pg_catalog.set_config('statement_timeout', '${Duration.toMillis(Lent.hold)}', false)`

/** A connection of its own on which any channel can be listened to; undefined where notifications do not come through. */
export const ear = Effect.fnUntraced(function* (address: Address) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const proven = Effect.flatMap(proving(address, scope, false), (own) =>
    Effect.map(heard(own), (queue) => (queue === undefined ? undefined : own))
  )
  const own = yield* Effect.scoped(proven)
  if (own !== undefined) return own
  yield* Scope.close(scope, Exit.void)
  return undefined
})

type Proving = Effect.Success<ReturnType<typeof proving>>

/** A connection of its own that LISTENs, and the heartbeat on it. It does what is `asked` where the session is its own. */
const pin = Effect.fnUntraced(function* (address: Address, asked: ReadonlyArray<string>) {
  const found = yield* kept(address, (connection) =>
    Effect.map(listening(connection), (heard) => ({ ...heard, also: ifOwn(connection.processId, asked) }))
  )
  const direct = found !== undefined
  const { cutOff, done, isOpen, unpooled } = found ?? (yield* orOutage(unsure(address)))
  const { pinned, queue } = done
  const { alive, answered } = yield* Heartbeat.make(pinned.query("select 1", [], direct), cutOff)
  return { alive, answered, direct, isOpen, pinned, queue, unpooled }
})

/** A pooler's session serves others, too, and its number is not the one that was given out at the login. */
const ifOwn = (process: number, asked: ReadonlyArray<string>): string =>
  asked.map((one) => `, case when pg_catalog.pg_backend_pid() = ${process} then ${one} end`).join("")

/** Before anything is notified. */
const listening = Effect.fnUntraced(function* (connection: PgConnection.PgConnection) {
  const pinned = yield* connection.pin
  const queue = yield* pinned.listen(channel)
  return { pinned, queue }
})

/** Where a session keeps nothing. */
const unsure = Effect.fnUntraced(function* (address: Address) {
  const own = yield* open(address, false)
  return { ...own, done: yield* listening(own.connection), unpooled: false }
})
