import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import type { SqlErrorReason } from "effect/sql/SqlError"
import { AuthenticationError, ConnectionError, SqlError, SqlSyntaxError, UnknownError } from "effect/sql/SqlError"
import { describeCrash } from "../src/Crash.ts"
import { orOutage, outageOf } from "../src/SqlOutage.ts"

type Reason = new (props: { readonly cause: unknown; readonly message: string }) => SqlErrorReason

/** As the driver wraps what the server or Node says. */
const failure = (code: string | undefined, Reason: Reason, message = "PgConnection: Query failed") => {
  const cause = Object.assign(new Error("Key (email)=(jane@example.com)"), code === undefined ? {} : { code })
  return new SqlError({ reason: new Reason({ cause, message }) })
}

const expected: ReadonlyArray<readonly [state: string, says: RegExp, ...codes: ReadonlyArray<string>]> = [
  ["blocked", /password/, "28P01"],
  ["blocked", /login|user/, "28000", "28999"],
  ["blocked", /database does not exist/, "3D000"],
  ["blocked", /inquiries-mailer migrate/, "3F000", "42P01", "42704"],
  ["blocked", /right|row-level/, "42501"],
  ["blocked", /direct connection/, "08P01", "26000", "42P05"],
  ["blocked", /DAMAGED DATA.*backups/, "XX001", "XX002"],
  ["blocked", /configuration file/, "F0000"],
  ["waiting", /table has changed/, "42703", "42804", "42846", "42883"],
  ["waiting", /altered/, "0A000"],
  ["waiting", /read-only/, "25006"],
  ["waiting", /transaction/, "25P02", "25P03", "25P04", "40001"],
  ["waiting", /deadlock/, "40P01"],
  ["waiting", /lock/, "55P03"],
  ["waiting", /not ready|in use/, "55000", "55006"],
  ["waiting", /disk is full/, "53100"],
  ["waiting", /memory/, "53200", "53400"],
  ["waiting", /no free connection/, "53300"],
  ["waiting", /its limit/, "57014"],
  ["waiting", /ended the connection/, "57P01"],
  ["waiting", /crashed/, "57P02"],
  ["waiting", /starting up/, "57P03"],
  ["waiting", /dropped/, "57P04"],
  ["waiting", /idle for too long/, "57P05"],
  ["waiting", /intervened/, "57000"],
  ["waiting", /its log/, "58030", "58P01", "XX000"],
  ["waiting", /connection failed/, "08006", "08001", "08003"]
]

/** What Node says comes in the driver's `ConnectionError`. */
const expectedOfNode: typeof expected = [
  ["blocked", /self-signed/, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["blocked", /unknown CA/, "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ["blocked", /unknown CA/, "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
  ["blocked", /expired/, "CERT_HAS_EXPIRED"],
  ["blocked", /clock/, "CERT_NOT_YET_VALID"],
  ["blocked", /another host name/, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["blocked", /certificate is not valid/, "CERT_REVOKED", "INVALID_CA", "ERROR_IN_CERT_NOT_BEFORE_FIELD"],
  ["blocked", /client certificate/, "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"],
  ["blocked", /permissions/, "EACCES"],
  ["blocked", /firewall/, "EPERM"],
  ["waiting", /TLS handshake/, "EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE"],
  ["waiting", /nothing accepts/, "ECONNREFUSED"],
  ["waiting", /reset|closed/, "ECONNRESET", "EPIPE"],
  ["waiting", /socket does not exist/, "ENOENT"],
  ["waiting", /name cannot be resolved/, "ENOTFOUND", "EAI_AGAIN"],
  ["waiting", /cannot be reached/, "EHOSTUNREACH", "ENETUNREACH"],
  ["waiting", /does not answer/, "ETIMEDOUT"],
  ["waiting", /too many files/, "EMFILE", "ENFILE"],
  ["waiting", /no free port/, "EADDRNOTAVAIL"],
  // In no table, and as short as a SQLSTATE.
  ["waiting", /connection failed/, "EBADF", "EBUSY", "ENOTCONN", "ECONNABORTED", "ERR_STREAM_DESTROYED"]
]

describe("outageOf", () => {
  for (const [cases, Reason] of [
    [expected, UnknownError],
    [expectedOfNode, ConnectionError]
  ] as const) {
    for (const [state, says, ...codes] of cases) {
      for (const code of codes) {
        it(`takes ${code} for an outage that is ${state}, says why, and quotes nobody`, () => {
          // The driver calls class 08 a failed connection itself.
          const outage = outageOf(failure(code, code.startsWith("08") ? ConnectionError : Reason))
          assert.strictEqual(outage?.state, state)
          assert.match(outage?.reason ?? "", says)
          assert.isTrue(outage?.reason.endsWith(` (${code})`), outage?.reason)
          assert.notInclude(outage?.reason, "jane")
        })
      }
    }
  }

  for (const [words, state, says] of [
    ["PgConnection: Connection closed", "waiting", /^the connection failed$/],
    ["PgConnection: Connection timed out", "waiting", /does not answer/],
    ["PgConnection: Server refused TLS", "blocked", /offers no TLS/]
  ] as const) {
    it(`takes the driver's own "${words}" for an outage that is ${state}`, () => {
      const outage = outageOf(failure(undefined, ConnectionError, words))
      assert.strictEqual(outage?.state, state)
      assert.match(outage?.reason ?? "", says)
    })
  }

  for (const [words, says] of [
    ["PgConnection: No password configured", /give it in the settings/],
    ["PgConnection: Unsupported authentication method", /by a password/]
  ] as const) {
    it(`takes the driver's own "${words}" for a blocked login`, () => {
      const outage = outageOf(failure(undefined, AuthenticationError, words))
      assert.strictEqual(outage?.state, "blocked")
      assert.match(outage?.reason ?? "", says)
    })
  }

  it("takes a syntax error, a constraint, and an error without a code for bugs", () => {
    assert.isUndefined(outageOf(failure("42601", SqlSyntaxError)))
    for (const code of ["23505", "22P02", "54000", "P0001", "ERR_INVALID_ARG_TYPE", undefined]) {
      assert.isUndefined(outageOf(failure(code, UnknownError)), code)
    }
  })
})

describe("orOutage", () => {
  it.effect("dies of a bug, and names its SQLSTATE but not the server's words", () =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(Effect.sandbox(orOutage(Effect.fail(failure("42601", UnknownError)))))
      assert.isTrue(Cause.hasDies(cause))
      assert.include(describeCrash(cause), "42601")
      assert.notInclude(describeCrash(cause), "jane")
    })
  )
})
