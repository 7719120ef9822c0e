// How one connection to a database is opened: in its turn, on a socket that cannot hang for ever, and with a session that is
// told what our statements rely on.
import { type PgClient, PgConnection } from "@effect/sql-pg"
import { Effect, Exit, Scope } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import * as Net from "node:net"
import * as Connects from "./Connects.ts"
import type { Address, Tls } from "./Database.ts"
import * as Session from "./Session.ts"
import * as Socket from "./Socket.ts"
import { codeOf, orOutage } from "./SqlOutage.ts"
import { Outage } from "./State.ts"

/** "Unsupported startup parameter". */
const refusedParameter = "08P01"

/** Whether sessions keep what they ask for. */
export const isDirect = (address: Address) =>
  Connects.inTurn(address, Effect.scoped(Effect.map(keptAsIs(address), (own) => own !== undefined)))

interface Ready {
  /** The connection, or what it is pinned to: it answers nobody else then. */
  readonly pinned: Pick<PgConnection.PgConnection, "query">
  /** More columns. */
  readonly also: string
}

/** With nothing done first. */
export const keptAsIs = (address: Address) =>
  kept(address, (connection) => Effect.succeed({ pinned: connection, also: "" }))

/**
 * A connection that keeps what it asked for. Undefined where a pooler refuses it, or drops it. Read-only is an outage
 * before any work. What is done `first` may want more columns, `also`: each question of its own is dear in a new session.
 */
export const kept = Effect.fnUntraced(function* <A extends Ready>(
  address: Address,
  first: (connection: PgConnection.PgConnection) => Effect.Effect<A, SqlError, Scope.Scope>
) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const opened = yield* open(address, true).pipe(
    Effect.bindTo("own"),
    Effect.bind("done", ({ own }) => first(own.connection)),
    Effect.bind("looked", ({ done }) => done.pinned.query(Session.kept + done.also, [], false)),
    Scope.provide(scope),
    Effect.catchIf(
      (error) => codeOf(error) === refusedParameter,
      () => Effect.undefined
    ),
    orOutage
  )
  const looked = opened?.looked.rows[0]
  if (looked?.["writable"] === false) {
    return yield* new Outage({ state: "waiting", reason: "the server is read-only or in recovery" })
  }
  if (opened !== undefined && looked?.["kept"] === true) {
    // A pooler makes up the numbers that it gives out at a login.
    return { ...opened.own, done: opened.done, unpooled: looked["process"] === opened.own.connection.processId }
  }
  yield* Scope.close(scope, Exit.void)
  return undefined
})

export const open = Effect.fnUntraced(function* (address: Address, direct: boolean) {
  let socket: Net.Socket | undefined
  const stream = () => (socket = Socket.open(address))
  const connection = yield* Connects.among(PgConnection.make({ ...config(address, direct), stream }))
  const cutOff = Effect.suspend(() => (socket === undefined ? Effect.void : Socket.cutOff(socket)))
  return { connection, cutOff, isOpen: () => socket?.destroyed === false }
})

export const config = (address: Address, direct: boolean): PgClient.PgClientConfig => ({
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
