import { assert, describe, it } from "@effect/vitest"
import { LowWater } from "../src/LowWater.ts"

const server = 1_790_000_000_000

describe("the low-water mark of what is due", () => {
  it("is none before something was claimed", () => {
    assert.strictEqual(new LowWater().mark, -Infinity)
  })

  it("lies below what was made just now, which may be committed after what came later", () => {
    const water = new LowWater()
    water.claimed(5_000, false, server)
    assert.strictEqual(water.mark, server - 250)
    water.claimed(5_010, false, server + 10)
    assert.strictEqual(water.mark, server - 240)
  })

  it("lies right below the last that was claimed in a backlog, whose times are finer than it is", () => {
    const water = new LowWater()
    assert.strictEqual(water.claimed(5_000, true, server + 0.25), 0)
    assert.strictEqual(water.mark, server - 0.75)
  })

  it("has everything looked at a quarter of a second after the first who trusted it, full or not", () => {
    const water = new LowWater()
    assert.strictEqual(water.look, Infinity)
    assert.strictEqual(water.claimed(5_000, false, server), 250)
    assert.strictEqual(water.claimed(5_100, false, server + 100), 150)
    assert.strictEqual(water.claimed(5_200, true, server + 200), 0)
    assert.strictEqual(water.look, 5_250)
    assert.strictEqual(water.claimed(5_300, false, server + 300), 0)
    water.looked(false)
    assert.deepStrictEqual([water.look, water.mark], [Infinity, server + 50])
    water.claimed(6_000, true, server + 1_000)
    assert.strictEqual(water.look, 6_250)
  })

  it("has it looked at again at once where a look has left what nobody takes without one", () => {
    const water = new LowWater()
    water.claimed(5_000, false, server)
    water.looked(true)
    assert.deepStrictEqual([water.look, water.mark], [Infinity, -Infinity])
    assert.strictEqual(water.claimed(5_010, false, server + 10), 0)
    assert.strictEqual(water.look, 5_010)
    water.looked(true)
    // That is what was left, or the beginning of it.
    assert.strictEqual(water.claimed(5_020, true, server + 20), 0)
    assert.strictEqual(water.look, 5_270)
    assert.strictEqual(water.claimed(5_030, false, server + 30), 240)
  })
})
