// The way to one database: a small lazy pool, and one pinned connection that LISTENs and proves with a heartbeat that
// somebody is there. Built inside the child that uses it, so that a restart gets everything new. No operation on it can
// hang for ever: a socket without traffic destroys itself (`Session.silence`), which also ends what cannot be interrupted.
import { PgClient, PgConnection } from "@effect/sql-pg"
import { Context, Duration, Effect, Exit, Layer, Option, Queue, Schedule, Scope } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import * as Net from "node:net"
import type { Address, Tls, Wake } from "./Database.ts"
import * as Session from "./Session.ts"
import * as Socket from "./Socket.ts"
import { codeOf, orOutage } from "./SqlOutage.ts"
import { Outage } from "./State.ts"

/** One query in this rhythm on the LISTEN connection: notices a dead peer in 13 s and keeps NAT tables warm. */
const heartbeat = Schedule.spaced("8 seconds")
const heartbeatTimeout = Duration.seconds(5)
const poolSize = 4
/** Shorter than `Session.silence`: an idle pooled connection is closed politely. */
const poolIdle = Duration.seconds(15)
/** Between polls nothing is held, so that a serverless database may sleep. */
const pollIdle = Duration.seconds(1)
/** "Unsupported startup parameter". */
const refusedParameter = "08P01"
const proofTimeout = Duration.seconds(5)
/** How the payload of a proof begins; a trigger's begins with a brace. */
const proofs = "proof "

/** The channel of our own triggers. A fixed name: an old system that still listens elsewhere is not woken. */
export const channel = "inquiries_mailer"

export class Notifications extends Context.Service<
  Notifications,
  {
    /** Ends when something was notified since `clear`; at once if it already was. */
    readonly next: Effect.Effect<void, Outage>
    /** Forgets what was notified so far. Do this before a claim, never after it. */
    readonly clear: Effect.Effect<void>
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
      const direct = yield* isDirect(address)
      if (wake === "poll") return Layer.merge(pool(address, direct, pollIdle), deafness("wanted"))
      const scope = yield* Scope.fork(yield* Effect.scope)
      const heard = yield* listen(address, direct).pipe(Scope.provide(scope))
      if (heard !== undefined) return Layer.merge(pool(address, direct, poolIdle), Layer.succeed(Notifications, heard))
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

const pool = (address: Address, direct: boolean, idleTimeout: Duration.Duration, maxConnections = poolSize) => {
  const sized = { ...config(address, direct), maxConnections, idleTimeout }
  return (direct ? PgClient.layer(sized) : Session.pooled(sized)).pipe(Layer.orDie)
}

/** Whether sessions keep what they ask for. A pooler refuses it, or drops it. Read-only is an outage before any work. */
const isDirect = Effect.fnUntraced(function* (address: Address) {
  const looked = yield* PgConnection.make(config(address, true)).pipe(
    Effect.flatMap((connection) => connection.query(Session.kept, [], false)),
    Effect.scoped,
    Effect.map(({ rows }) => rows[0]),
    Effect.catchIf(
      (error) => codeOf(error) === refusedParameter,
      () => Effect.undefined
    ),
    orOutage
  )
  if (looked?.["writable"] === false) {
    return yield* new Outage({ state: "waiting", reason: "the server is read-only or in recovery" })
  }
  return looked?.["kept"] === true
})

/** One question on a connection of its own, which is asked for nothing: it works everywhere, also on a standby. */
export const ask = Effect.fnUntraced(function* (address: Address, text: string) {
  const { rows } = yield* PgConnection.make(config(address, false)).pipe(
    Effect.flatMap((connection) => connection.query(text, [], false)),
    Effect.scoped,
    orOutage
  )
  return rows[0] ?? {}
})

const deafness = (deaf: "wanted" | "unheard") =>
  Layer.succeed(Notifications, { next: Effect.never, clear: Effect.void, alive: Effect.never, deaf })

/** LISTENs, and hears a notification of its own; undefined where that does not come through. */
const listen = Effect.fnUntraced(function* (address: Address, direct: boolean) {
  const { alive, pinned } = yield* pin(address, direct)
  const queue = yield* proven(address, direct, pinned)
  if (queue === undefined) return undefined
  // The proof of another replica is no news.
  const news = Queue.takeAll(queue).pipe(
    Effect.repeat({ until: (all) => all.some(({ payload }) => !payload.startsWith(proofs)) })
  )
  return Notifications.of({
    next: Effect.asVoid(orOutage(news)),
    clear: Effect.ignore(Queue.clear(queue)),
    alive,
    deaf: undefined
  })
})

/** What is notified on our channel; undefined where that does not come through. */
const proven = Effect.fnUntraced(function* (address: Address, direct: boolean, pinned: Pinned) {
  const queue = yield* orOutage(pinned.listen(channel))
  const proof = `${proofs}${randomUUID()}`
  // From another connection: on its own even a pooler's would hear it.
  const proving = Effect.scoped(
    Effect.flatMap(PgConnection.make(config(address, direct)), (other) =>
      other.query(`select pg_catalog.pg_notify('${channel}', '${proof}')`, [], false)
    )
  )
  const hearing = Queue.take(queue).pipe(Effect.repeat({ until: ({ payload }) => payload === proof }))
  yield* orOutage(proving)
  const heard = yield* orOutage(Effect.timeoutOption(hearing, proofTimeout))
  return Option.isSome(heard) ? queue : undefined
})

/** A connection of its own on which any channel can be listened to; undefined where notifications do not come through. */
export const ear = Effect.fnUntraced(function* (address: Address) {
  const direct = yield* isDirect(address)
  const scope = yield* Scope.fork(yield* Effect.scope)
  const own = yield* pin(address, direct).pipe(Scope.provide(scope))
  if ((yield* Effect.scoped(proven(address, direct, own.pinned))) !== undefined) return own
  yield* Scope.close(scope, Exit.void)
  return undefined
})

type Pinned = Effect.Success<PgConnection.PgConnection["pin"]>

/** A connection of its own, and the heartbeat on it. */
const pin = Effect.fnUntraced(function* (address: Address, direct: boolean) {
  const socket = Socket.open(address)
  const connection = yield* orOutage(PgConnection.make({ ...config(address, direct), stream: () => socket }))
  const pinned = yield* connection.pin
  // An interrupted query would wait for the peer: cutting it off ends the query at once.
  const alive: Effect.Effect<never, Outage> = pinned
    .query("select 1", [], direct)
    .pipe(
      Effect.raceFirst(Effect.andThen(Effect.delay(Socket.cutOff(socket), heartbeatTimeout), Effect.never)),
      orOutage,
      Effect.repeat(heartbeat),
      Effect.andThen(Effect.never)
    )
  return { pinned, alive }
})

const config = (address: Address, direct: boolean): PgClient.PgClientConfig => ({
  host: address.host,
  port: address.port,
  database: address.database,
  username: address.user,
  password: address.password,
  ssl: tlsOptions(address.tls, address.host),
  applicationName: "inquiries-mailer",
  connectTimeout: "5 seconds",
  ...(direct ? { startupParameters: Session.startupParameters } : { prepare: false }),
  stream: () => Socket.open(address)
})

export const tlsOptions = (tls: Tls, host: string) => {
  if (tls.mode === "disable") return false
  return {
    // The driver cannot know the name behind a socket of ours; SNI must not be an address (RFC 6066, 3).
    ...(Net.isIP(host) === 0 ? { servername: host } : { host }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    rejectUnauthorized: tls.mode === "verify-full" || tls.ca !== undefined
  }
}
