// Which failures of PostgreSQL are expected outages, and what each says to the operator. Decided on the SQLSTATE or on
// Node's error code: the driver's own `isRetryable` calls a shut-down server final and a malformed address retryable.
// Server messages are not quoted, because they may quote a customer's data.
import { Cause, Data, Effect, Predicate } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { Outage } from "./State.ts"

type Known = readonly [state: Outage["state"], reason: string]

const waiting = (reason: string): Known => ["waiting", reason]
const blocked = (reason: string): Known => ["blocked", reason]

const unknownCa = blocked("the server's certificate has an unknown CA: give it with sslrootcert")
const pooler = blocked("a pooler mixes up our prepared statements: use the direct connection, not a pooler's")
/** A restart reads the tables anew, which is all that is needed after an ALTER TABLE. */
const changed = waiting("a table has changed while it was in use; if this stays, run `inquiries-mailer migrate`")
const damaged = blocked(
  "THE SERVER REPORTS DAMAGED DATA: look at its log and at your backups now, before anything else"
)

const handshake = waiting("the TLS handshake failed: do both sides speak a common version?")

/** By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const sqlStates: Readonly<Record<string, Known>> = {
  // Also what a pooler says that allows no transactions; one that only refuses our parameters is worked with.
  "08P01": blocked("the server or a pooler refuses how we speak to it: use the direct connection, not a pooler's"),
  // The driver parses once more by itself; what is left happens in a transaction, or on a relative of PostgreSQL.
  "0A000": waiting("a table was altered under a prepared statement, or this server lacks a feature of PostgreSQL"),
  "25006": waiting("the server is read-only or in recovery"),
  "25P02": waiting("a transaction had failed before, and is given up"),
  "25P03": waiting("the server ended a transaction that was idle for too long"),
  "25P04": waiting("the server ended a transaction that took too long"),
  "26000": pooler,
  "28000": blocked("the server refuses this user (pg_hba.conf, or the role may not log in)"),
  "28P01": blocked("the server refuses the password: correct it in the settings"),
  "2BP01": blocked("something else in the database depends on it"),
  "3D000": blocked("the database does not exist on this server: create it, or correct its name in the settings"),
  "3F000": blocked("the schema inquiries_mailer is missing: run `inquiries-mailer migrate`"),
  "40001": waiting("a transaction collided with another one"),
  "40P01": waiting("a deadlock was resolved at our cost"),
  "42501": blocked("this user lacks a right, or a row-level security policy would hide rows from it"),
  "42703": changed,
  "42704": blocked("a type or setting is missing: run `inquiries-mailer migrate`; PostgreSQL 14 or newer is needed"),
  "42804": changed,
  "42846": changed,
  // Also what a key of another type than before gives: no operator compares the two.
  "42883": changed,
  "42P01": blocked("a table is missing: run `inquiries-mailer migrate`"),
  "42P05": pooler,
  "53100": waiting("the server's disk is full"),
  "53200": waiting("the server is out of memory"),
  "53300": waiting("the server has no free connection"),
  "55000": waiting("the database accepts no connections at present, or something in it is not ready"),
  "55P03": waiting("a lock was not to be had in time: somebody alters or locks a table"),
  "57014": waiting("a statement took longer than its limit, or somebody cancelled it"),
  "57P01": waiting("the server ended the connection"),
  "57P02": waiting("the server crashed and restarts"),
  "57P03": waiting("the server is starting up or shutting down"),
  "57P04": waiting("the database was dropped while it was in use"),
  "57P05": waiting("the server ended a connection that was idle for too long"),
  // Also what proxies of hosted databases say when the database behind them does not come up.
  XX000: waiting("the server reports an internal error: its log says which"),
  XX001: damaged,
  XX002: damaged
}

/** Classes of SQLSTATE in which every member is an outage. */
const sqlStateClasses: Readonly<Record<string, Known>> = {
  "08": waiting("the connection failed"),
  "28": blocked("the server refuses the login"),
  "53": waiting("the server is short of memory, disk or connections"),
  "55": waiting("something in the database is in use or not ready"),
  "57": waiting("an operator or the server itself intervened"),
  "58": waiting("the server has trouble with its own files or system: its log says which"),
  F0: blocked("the server's configuration file is wrong: its log says where")
}

/** By the code of an error of Node's, libuv's or OpenSSL's. */
const systemCodes: Readonly<Record<string, Known>> = {
  ECONNREFUSED: waiting("nothing accepts connections at the server's address"),
  ECONNRESET: waiting("the connection was reset"),
  EPIPE: waiting("the connection was closed"),
  ENOENT: waiting("the server's socket does not exist"),
  EACCES: blocked("this user may not use the server's socket: its permissions forbid it"),
  EPERM: blocked("this machine forbids the connection: look at its firewall"),
  ENOTFOUND: waiting("the server's name cannot be resolved"),
  EAI_AGAIN: waiting("the server's name cannot be resolved at the moment"),
  EHOSTUNREACH: waiting("the server cannot be reached"),
  ENETUNREACH: waiting("the server's network cannot be reached"),
  ETIMEDOUT: waiting("the server does not answer"),
  EMFILE: waiting("this process has too many files and connections open: raise its limit (ulimit -n)"),
  ENFILE: waiting("this machine has too many files and connections open"),
  EADDRNOTAVAIL: waiting("this machine has no free port or no address to connect from"),
  EPROTO: handshake,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: blocked("the server demands a client certificate: let it take a password"),
  DEPTH_ZERO_SELF_SIGNED_CERT: blocked("the server's certificate is self-signed: give its CA with sslrootcert"),
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  CERT_HAS_EXPIRED: blocked("the server's certificate has expired: renew it"),
  CERT_NOT_YET_VALID: blocked(
    "the server's certificate is not valid yet: is a clock wrong, the server's or this one's?"
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: blocked("the server's certificate is for another host name")
}

/** By the driver's own words, where no code says it. Other words of its own mean that the connection failed. */
const driverWords: Readonly<Record<string, Known>> = {
  "PgConnection: Connection timed out": waiting("the server does not answer"),
  "PgConnection: Server refused TLS": blocked(
    "the server offers no TLS: switch it on there; sslmode=disable does without"
  ),
  "PgConnection: No password configured": blocked("the server asks for a password: give it in the settings")
}

/** The SQLSTATE or system code in a failure of the driver, if there is one. */
export const codeOf = (error: SqlError): string | undefined => {
  const cause = error.reason.cause
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined
}

/** Of system codes only those that begin with E are ever so short (EPIPE), and no class of SQLSTATE begins with E. */
const isSqlState = (code: string): boolean => /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code)

const lookUp = ({ reason }: SqlError, code: string | undefined): Known | undefined => {
  const known = code === undefined ? driverWords[reason.message ?? ""] : (isSqlState(code) ? byState : bySystem)(code)
  if (known !== undefined) return known
  // What the driver says, whatever the code is: a closed socket, no answer to the start-up message, nonsense instead.
  if (reason._tag === "ConnectionError") return waiting("the connection failed")
  return reason._tag === "AuthenticationError" ? blocked("the login failed: it must be by a password") : undefined
}

const byState = (code: string): Known | undefined => sqlStates[code] ?? sqlStateClasses[code.slice(0, 2)]

/** What an error of Node's, libuv's or OpenSSL's means, by its code. */
export const bySystem = (code: string): Known | undefined => {
  if (systemCodes[code] !== undefined) return systemCodes[code]
  // OpenSSL has dozens of each; alerts that speak of certificates are about one that the server wanted from us.
  if (code.startsWith("ERR_SSL_")) return handshake
  return /CERT|_CA$|_KEY/.test(code) ? blocked("the server's certificate is not valid") : undefined
}

/** The outage that a failure is; undefined for one that only a bug explains. */
export const outageOf = (error: SqlError): Outage | undefined => {
  const code = codeOf(error)
  const known = lookUp(error, code)
  if (known === undefined) return undefined
  const [state, reason] = known
  return new Outage({ state, reason: code === undefined ? reason : `${reason} (${code})` })
}

/** A bug in a statement: says where to look, without the server's message. */
class StatementError extends Data.TaggedError("StatementError")<{ readonly message: string }> {}

/** Turns the driver's failures into outages, and what no outage explains into a defect. */
export const orOutage = <A, R>(self: Effect.Effect<A, SqlError | Cause.TimeoutError, R>): Effect.Effect<A, Outage, R> =>
  Effect.catch(self, (error) => {
    if (Cause.isTimeoutError(error)) {
      return Effect.fail(new Outage({ state: "waiting", reason: "the server does not answer" }))
    }
    const outage = outageOf(error)
    if (outage !== undefined) return Effect.fail(outage)
    // The reason's message is the driver's own and says in which step; the cause would quote the server.
    const step = error.reason.message ?? error.reason._tag
    const message = `a statement failed: SQLSTATE ${codeOf(error) ?? "none"} (${step})`
    return Effect.die(new StatementError({ message }))
  })
