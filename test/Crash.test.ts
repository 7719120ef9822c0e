import { assert, describe, it } from "@effect/vitest"
import { Cause } from "effect"
import { describeCrash } from "../src/Crash.ts"

describe("describeCrash", () => {
  it("shows no message of an arbitrary error, but its kind, its code and where it was", () => {
    const error = Object.assign(new RangeError("jane@example.com"), { code: "ERR_X" })
    const description = describeCrash(Cause.die(error))
    assert.match(description, /^RangeError \(ERR_X\) at .*Crash\.test\.ts/)
    assert.notInclude(description, "jane")
  })

  it("shows no message that has more than one line either", () => {
    assert.notInclude(describeCrash(Cause.die(new Error("first\njane\n  at jane"))), "jane")
  })

  it("shows the message of an error that the language itself words", () => {
    assert.include(describeCrash(Cause.die(new TypeError("x is not a function"))), "x is not a function")
  })

  it("says of what was thrown instead of an error only what it was", () => {
    assert.strictEqual(describeCrash(Cause.die("jane")), "a thrown string")
  })

  it("says the same thing once", () => {
    const cause = Cause.die("a")
    assert.strictEqual(describeCrash(Cause.combine(cause, Cause.die("b"))), "a thrown string")
  })
})
