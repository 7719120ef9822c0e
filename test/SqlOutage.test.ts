// Which failures are outages, of which state, and that none of them quotes the server.
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import type { SqlErrorReason } from "effect/sql/SqlError"
import { AuthenticationError, ConnectionError, SqlError, UnknownError } from "effect/sql/SqlError"
import { codeOf, orOutage, outageOf } from "../src/SqlOutage.ts"
import { describeCrash } from "../src/Crash.ts"
import type { Outage } from "../src/State.ts"

const quoted = "jane.doe@example.com is too long"

/** A failure as the driver makes them: the server's or the system's error is the cause of the reason. */
const failure = (code: string | undefined, Reason: new (props: Props) => SqlErrorReason = UnknownError) =>
  new SqlError({
    reason: new Reason({
      cause: Object.assign(new Error(quoted), code === undefined ? {} : { code }),
      message: "PgConnection: Query failed",
      operation: "query"
    })
  })
interface Props {
  readonly cause: unknown
  readonly message: string
  readonly operation: string
}

const states: Readonly<Record<Outage["state"], ReadonlyArray<string>>> = {
  // Somebody has to repair something.
  blocked: [
    "28P01",
    "28000",
    "3D000",
    "3F000",
    "42P01",
    "42501",
    "08P01",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID"
  ],
  // It heals by itself, or with the server. 08006, 53100, 57P05 and 58030 are known by their class.
  waiting: [
    "42703",
    "25006",
    "53300",
    "57014",
    "57P01",
    "57P02",
    "57P03",
    "55P03",
    "40001",
    "40P01",
    "08000",
    "08006",
    "53100",
    "57P05",
    "58030",
    "ECONNREFUSED",
    "ECONNRESET",
    "EPIPE",
    "ENOENT",
    "ENOTFOUND",
    "EAI_AGAIN",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ETIMEDOUT"
  ]
}
// Only a bug of ours, or damage, explains these.
const bugs = ["42601", "42883", "22P02", "22003", "23505", "26000", "0A000", "P0001", "XX001", "ESOMETHING"]

const outcomeOf = <A>(effect: Effect.Effect<A, SqlError | Cause.TimeoutError>) =>
  Effect.exit(orOutage(effect)).pipe(
    Effect.map((exit) => (Exit.isFailure(exit) ? exit.cause.reasons[0] : assert.fail("it succeeded")))
  )

describe("outageOf", () => {
  for (const [state, codes] of Object.entries(states)) {
    it.effect.each(codes)(`%s is ${state}, with a reason that ends in the code`, (code) =>
      Effect.sync(() => {
        const outage = outageOf(failure(code))
        assert.strictEqual(outage?.state, state)
        assert.match(outage?.reason ?? "", /^[a-z].{15,} \([A-Z0-9_]+\)$/)
        assert.isTrue(outage?.reason.endsWith(` (${code})`))
        assert.notInclude(outage?.reason, quoted)
      })
    )
  }

  it.effect.each(bugs)("%s is no outage", (code) => Effect.sync(() => assert.isUndefined(outageOf(failure(code)))))

  it("takes the driver's own connection failures, which have no code, for outages, and others not", () => {
    assert.deepInclude(outageOf(failure(undefined, ConnectionError)), {
      state: "waiting",
      reason: "the connection failed"
    })
    assert.deepInclude(outageOf(failure(undefined, AuthenticationError)), { state: "waiting" })
    assert.isUndefined(outageOf(failure(undefined)))
  })

  it("decides on the code, not on the kind that the driver gives it", () => {
    assert.deepInclude(outageOf(failure("28P01", ConnectionError)), { state: "blocked" })
    assert.deepInclude(outageOf(failure("57P01", UnknownError)), { state: "waiting" })
  })
})

describe("codeOf", () => {
  it("finds the code of the server or the system, and nothing in whatever else there is", () => {
    assert.strictEqual(codeOf(failure("42P01")), "42P01")
    for (const cause of [undefined, null, "42P01", {}, { code: 42 }]) {
      assert.isUndefined(codeOf(new SqlError({ reason: new UnknownError({ cause, message: "", operation: "" }) })))
    }
  })
})

describe("orOutage", () => {
  it.effect("turns an expected failure into an outage, and a timeout into one that waits", () =>
    Effect.gen(function* () {
      const known = yield* outcomeOf(Effect.fail(failure("57P03")))
      assert.isTrue(known?._tag === "Fail" && known.error.state === "waiting")
      const timeout = yield* outcomeOf(Effect.fail(new Cause.TimeoutError()))
      assert.isTrue(timeout?._tag === "Fail" && timeout.error.reason === "the server does not answer")
    })
  )

  it.effect("turns a bug into a defect that says the SQLSTATE, and not what the server said", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(orOutage(Effect.fail(failure("22P02"))))
      const said = Exit.isFailure(exit) ? describeCrash(exit.cause) : ""
      assert.match(said, /^StatementError: a statement failed: SQLSTATE 22P02 \(PgConnection: Query failed\)/)
      assert.notInclude(said, quoted)
      assert.notInclude(JSON.stringify(exit), quoted)
    })
  )

  it.effect("lets what succeeds pass", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* orOutage(Effect.succeed(1)), 1)
    })
  )
})
