// The way to one database: a small lazy pool, and one pinned connection that LISTENs and proves with a heartbeat that
// somebody is there. Built inside the child that uses it, so that a restart gets everything new. No operation on it can
// hang for ever: a socket without traffic destroys itself (`silence`), which also ends what cannot be interrupted.
import { PgClient, PgConnection } from "@effect/sql-pg"
import { Context, Duration, Effect, Layer, Queue, Schedule } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import * as Net from "node:net"
import type { Address, Tls } from "./Database.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** One query in this rhythm on the LISTEN connection: notices a dead peer in 15 s and keeps NAT tables warm. */
const heartbeat = Schedule.spaced("10 seconds")
const heartbeatTimeout = Duration.seconds(5)
/** Longer than heartbeat and its timeout together, so that only a silent peer is cut off. */
const silence = Duration.seconds(20)
const statementTimeout = Duration.seconds(5)
/** Shorter than `statementTimeout`: a table that somebody holds is then called that, not a slow statement. */
const lockTimeout = Duration.seconds(4)
/** No session of ours is idle for longer than `poolIdle`: one that is belongs to a process that vanished. */
const idleTimeout = Duration.minutes(1)
const poolSize = 4
/** Shorter than `silence`: an idle pooled connection is closed politely. */
const poolIdle = Duration.seconds(15)

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
  }
>()("inquiries-mailer/Notifications") {}

/**
 * A pool of at most 4 connections, opened as they are needed, and the LISTEN connection. The layer is ready when LISTEN
 * is confirmed: whatever commits after that is notified.
 */
export const layer = (address: Address): Layer.Layer<PgClient.PgClient | SqlClient | Notifications, Outage> =>
  Layer.merge(pool(address), Layer.effect(Notifications, listen(address)))

/** The pool alone. */
export const pool = (address: Address): Layer.Layer<PgClient.PgClient | SqlClient> =>
  PgClient.layer({ ...config(address), maxConnections: poolSize, idleTimeout: poolIdle }).pipe(Layer.orDie)

/** One connection without LISTEN, for work that has an end. */
export const once = (address: Address): Layer.Layer<PgClient.PgClient | SqlClient> =>
  PgClient.layer({ ...config(address), maxConnections: 1, idleTimeout: poolIdle }).pipe(Layer.orDie)

const listen = Effect.fnUntraced(function* (address: Address) {
  const { alive, pinned } = yield* pin(address)
  const queue = yield* orOutage(pinned.listen(channel))
  return { next: Effect.asVoid(orOutage(Queue.takeAll(queue))), clear: Effect.ignore(Queue.clear(queue)), alive }
})

/** A connection of its own, and the heartbeat on it. */
export const pin = Effect.fnUntraced(function* (address: Address) {
  const connection = yield* orOutage(PgConnection.make(config(address)))
  const pinned = yield* connection.pin
  const alive: Effect.Effect<never, Outage> = pinned
    .query("select 1")
    .pipe(Effect.timeout(heartbeatTimeout), orOutage, Effect.repeat(heartbeat), Effect.andThen(Effect.never))
  return { pinned, alive }
})

const config = (address: Address): PgClient.PgClientConfig => ({
  host: address.host,
  port: address.port,
  database: address.database,
  username: address.user,
  password: address.password,
  ssl: tlsOptions(address.tls, address.host),
  applicationName: "inquiries-mailer",
  connectTimeout: "5 seconds",
  startupParameters,
  stream: () => openSocket(address)
})

const milliseconds = (duration: Duration.Duration): string => String(Duration.toMillis(duration))

/** What the work relies on, whatever the server's, the database's and the role's defaults are. */
const startupParameters = {
  statement_timeout: milliseconds(statementTimeout),
  lock_timeout: milliseconds(lockTimeout),
  idle_in_transaction_session_timeout: milliseconds(silence),
  idle_session_timeout: milliseconds(idleTimeout),
  // When we vanish in the middle of an answer, the server gives up what the session holds. No effect on Unix sockets.
  tcp_user_timeout: milliseconds(silence),
  // A claim passes over what another replica has claimed meanwhile; a stricter level would make it fail instead.
  default_transaction_isolation: "read committed",
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

const openSocket = (address: Address): Net.Socket => {
  const socket = Net.connect(
    address.host.startsWith("/")
      ? { path: `${address.host}/.s.PGSQL.${address.port}` }
      : { host: address.host, port: address.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 5_000 }
  )
  return socket.setTimeout(Duration.toMillis(silence), () => {
    socket.destroy(Object.assign(new Error("No traffic on the connection"), { code: "ETIMEDOUT" }))
  })
}

const tlsOptions = (tls: Tls, host: string): PgClient.PgClientConfig["ssl"] => {
  if (tls.mode === "disable") return false
  return {
    // The driver cannot know the name behind a socket of ours; SNI must not be an address (RFC 6066, 3).
    ...(Net.isIP(host) === 0 ? { servername: host } : { host }),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    rejectUnauthorized: tls.mode === "verify-full" || tls.ca !== undefined
  }
}
