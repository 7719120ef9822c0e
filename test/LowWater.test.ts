import { assert, describe, it } from "@effect/vitest"
import { LowWater } from "../src/LowWater.ts"

const server = 1_790_000_000_000

describe("the low-water mark of what is due", () => {
  it("is none before everything was looked at", () => {
    assert.strictEqual(new LowWater().from(5_000), -Infinity)
  })

  it("lies below what was made just now, which may be committed after what came later", () => {
    const mark = new LowWater()
    assert.strictEqual(mark.claimed(5_000, -Infinity, server, null), null)
    assert.strictEqual(mark.from(5_010), server - 250)
    mark.claimed(5_010, server - 250, server + 10, 90_000)
    assert.strictEqual(mark.from(5_020), server - 240)
  })

  it("lies at the oldest that is left in a backlog", () => {
    const mark = new LowWater()
    assert.strictEqual(mark.claimed(5_000, -Infinity, server, -4_000), -4_000)
    assert.strictEqual(mark.from(5_010), server - 4_000)
  })

  it("is good for a second, and whoever has used it comes back by then", () => {
    const mark = new LowWater()
    mark.claimed(5_000, -Infinity, server, null)
    for (const at of [5_100, 5_900]) {
      assert.strictEqual(mark.claimed(at, mark.from(at), server + at - 5_000, null), 6_000 - at)
    }
    assert.strictEqual(mark.claimed(5_950, mark.from(5_950), server + 950, 20), 20)
    assert.strictEqual(mark.claimed(5_960, mark.from(5_960), server + 960, -3), -3)
    assert.strictEqual(mark.from(6_000), -Infinity)
  })
})
