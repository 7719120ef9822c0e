// Which failures of PostgreSQL are expected outages, and what each says to the operator. Decided on the SQLSTATE or on
// Node's error code: the driver's own `isRetryable` calls a shut-down server final and a malformed address retryable.
// Server messages are not quoted, because they may quote a customer's data.
import { Cause, Data, Effect, Predicate } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { Outage } from "./State.ts"

type Known = readonly [state: Outage["state"], reason: string]

const waiting = (reason: string): Known => ["waiting", reason]
const blocked = (reason: string): Known => ["blocked", reason]

/** SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), then Node's system error codes. */
const known: Readonly<Record<string, Known>> = {
  "28P01": blocked("the server refuses the password: correct it in the settings"),
  "28000": blocked("the server refuses this user (pg_hba.conf, or the role may not log in)"),
  "3D000": blocked("the database does not exist on this server"),
  "3F000": blocked("the schema inquiries_mailer is missing: run `inquiries-mailer migrate`"),
  "42P01": blocked("a table is missing: run `inquiries-mailer migrate`"),
  "42501": blocked("this user lacks a right, or a row-level security policy would hide rows from it"),
  "08P01": blocked("the server refuses the connection's parameters: use the direct connection, not a pooler's"),
  "42703": waiting("a table has changed while it was in use"),
  "25006": waiting("the server is read-only or in recovery"),
  "53300": waiting("the server has no free connection"),
  "57014": waiting("a statement took longer than its limit"),
  "57P01": waiting("the server ended the connection"),
  "57P02": waiting("the server crashed and restarts"),
  "57P03": waiting("the server is starting up or shutting down"),
  "55P03": waiting("a lock was not to be had in time"),
  "40001": waiting("a transaction collided with another one"),
  "40P01": waiting("a deadlock was resolved at our cost"),
  ECONNREFUSED: waiting("nothing accepts connections at the server's address"),
  ECONNRESET: waiting("the connection was reset"),
  EPIPE: waiting("the connection was closed"),
  ENOENT: waiting("the server's socket does not exist"),
  ENOTFOUND: waiting("the server's name cannot be resolved"),
  EAI_AGAIN: waiting("the server's name cannot be resolved at the moment"),
  EHOSTUNREACH: waiting("the server cannot be reached"),
  ENETUNREACH: waiting("the server's network cannot be reached"),
  ETIMEDOUT: waiting("the server does not answer"),
  DEPTH_ZERO_SELF_SIGNED_CERT: blocked("the server's certificate is self-signed: give its CA with sslrootcert"),
  SELF_SIGNED_CERT_IN_CHAIN: blocked("the server's certificate has an unknown CA: give it with sslrootcert"),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: blocked("the server's certificate has an unknown CA: give it with sslrootcert"),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: blocked("the server's certificate has an unknown CA: give it with sslrootcert"),
  CERT_HAS_EXPIRED: blocked("the server's certificate has expired"),
  ERR_TLS_CERT_ALTNAME_INVALID: blocked("the server's certificate is for another host name")
}

/** Classes of SQLSTATE in which every member is an outage. */
const knownClass: Readonly<Record<string, Known>> = {
  "08": waiting("the connection failed"),
  "53": waiting("the server is short of memory, disk or connections"),
  "57": waiting("an operator or the server itself intervened"),
  "58": waiting("the server has trouble with its own files")
}

/** The SQLSTATE or system code in a failure of the driver, if there is one. */
export const codeOf = (error: SqlError): string | undefined => {
  const cause = error.reason.cause
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined
}

/** The outage that a failure is; undefined for one that only a bug explains. */
export const outageOf = (error: SqlError): Outage | undefined => {
  const code = codeOf(error)
  const entry =
    code === undefined
      ? // The driver's own: a closed socket, a timeout, no answer to the start-up message.
        error.reason._tag === "ConnectionError" || error.reason._tag === "AuthenticationError"
        ? waiting("the connection failed")
        : undefined
      : (known[code] ?? knownClass[code.slice(0, 2)])
  if (entry === undefined) return undefined
  const [state, reason] = entry
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
