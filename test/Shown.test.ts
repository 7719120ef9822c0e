import { assert, describe, it } from "@effect/vitest"
import { showKey } from "../src/Shown.ts"

describe("a key", () => {
  it("is shown as it is, or as the first 12 digits of its SHA-256 where it may be personal", () => {
    assert.strictEqual(showKey("42", false), "42")
    assert.strictEqual(showKey("abc", true), "sha256:ba7816bf8f01")
  })
})
