import { assert, describe, it } from "@effect/vitest"
import { shared } from "../src/Shares.ts"

describe("the shares of the tables in one claim", () => {
  it("are equal where nothing is known, and all that there is", () => {
    assert.deepStrictEqual(shared(7, [false]), [7])
    assert.deepStrictEqual(shared(64, [false, false, false]), [21, 21, 22])
    assert.deepStrictEqual(shared(3, [false, false, false]), [1, 1, 1])
  })

  it("are equal where more may be due in each of them", () => {
    assert.deepStrictEqual(shared(64, [true, true, true]), [21, 21, 22])
  })

  it("leave nearly all to the tables in which more may be due, and something to the others", () => {
    assert.deepStrictEqual(shared(64, [false, true, false]), [4, 56, 4])
    assert.deepStrictEqual(shared(64, [true, false, true]), [30, 4, 30])
  })

  it("are one at least, and never more in all than may be claimed", () => {
    assert.deepStrictEqual(shared(8, [true, false, false]), [6, 1, 1])
    assert.deepStrictEqual(shared(3, [true, false, false]), [1, 1, 1])
    assert.deepStrictEqual(shared(5, [false, true, true, true]), [1, 1, 1, 2])
  })
})
