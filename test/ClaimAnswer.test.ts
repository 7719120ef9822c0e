import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { leftOf, nothing } from "../src/ClaimAnswer.ts"
import type { Claimed } from "../src/Notice.ts"
import { notice } from "./support/fakes.ts"

/** Of which of the tables 1 and 2 a claim of 2 notices of each has left something, that has taken these and knows of something due. */
const left = (taken: ReadonlyArray<number>, rest: Partial<Claimed> = {}) =>
  leftOf(
    {
      ...nothing,
      notices: taken.map((table, index) => notice(String(index), { table })),
      untilDue: Duration.zero,
      ...rest
    },
    [1, 2],
    2
  )

describe("a look at everything", () => {
  it("has left nothing where nothing else is due", () => {
    assert.deepStrictEqual(left([1, 1, 2, 2], { untilDue: Duration.seconds(1) }), [false, false])
    assert.deepStrictEqual(left([1, 1, 2, 2], { untilDue: undefined }), [false, false])
  })

  it("has left something of the tables of which it has taken all that it might", () => {
    assert.deepStrictEqual(left([1, 1, 2]), [true, false])
    assert.deepStrictEqual(left([2], { superseded: [notice("7", { table: 2 })] }), [false, true])
    assert.deepStrictEqual(left([1, 2, 1, 2]), [true, true])
  })

  it("may have left something of each where somebody else holds what is due", () => {
    assert.deepStrictEqual(left([]), [true, true])
    assert.deepStrictEqual(left([1]), [true, true])
  })
})
