import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import { ConnectionError, SqlError, UnknownError } from "effect/sql/SqlError"
import { describeCrash } from "../src/Crash.ts"
import { orOutage, outageOf } from "../src/SqlOutage.ts"

const coded = (code: string) =>
  new SqlError({
    reason: new UnknownError({ cause: Object.assign(new Error("Key (email)=(jane@example.com)"), { code }) })
  })

describe("outageOf", () => {
  const cases = {
    blocked: [
      ...["28P01", "28000", "3D000", "3F000", "42P01", "42501", "08P01"],
      ...["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
      ...["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID"]
    ],
    waiting: [
      ...["57P01", "57P02", "57P03", "53300", "25006", "57014", "55P03", "40001", "40P01", "42703"],
      // Known by their class alone.
      ...["08006", "53100", "57P05", "58030"],
      ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT", "ENOTFOUND", "EAI_AGAIN"],
      ...["EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"]
    ]
  } as const
  for (const state of ["blocked", "waiting"] as const) {
    for (const code of cases[state]) {
      it(`takes ${code} for an outage that is ${state}, with the code in the reason`, () => {
        const outage = outageOf(coded(code))
        assert.strictEqual(outage?.state, state)
        assert.include(outage?.reason, code)
        assert.notInclude(outage?.reason, "jane")
      })
    }
  }

  it("takes a connection that failed without a code for one too", () => {
    const failed = new SqlError({ reason: new ConnectionError({ cause: new Error("closed") }) })
    assert.strictEqual(outageOf(failed)?.state, "waiting")
  })

  it("takes a syntax error for a bug", () => assert.isUndefined(outageOf(coded("42601"))))
})

describe("orOutage", () => {
  it.effect("dies of a bug, and names its SQLSTATE but not the server's words", () =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(Effect.sandbox(orOutage(Effect.fail(coded("42601")))))
      assert.isTrue(Cause.hasDies(cause))
      assert.include(describeCrash(cause), "42601")
      assert.notInclude(describeCrash(cause), "jane")
    })
  )
})
