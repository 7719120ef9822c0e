import { assert, describe, it } from "@effect/vitest"
import { LowWater, type Taken } from "../src/LowWater.ts"

const server = 1_790_000_000_000

/** One notice, due so many milliseconds after that, is all that was to be had. */
const one = (due: number): Taken => ({ count: 1, full: false, due: server + due })
const full = (due: number): Taken => ({ ...one(due), count: 5, full: true })
const none: Taken = { count: 0, full: false, due: -Infinity }

describe("the low-water mark of what is due", () => {
  it("is none before something was claimed", () => {
    assert.deepStrictEqual(new LowWater(2).marks, [-Infinity, -Infinity])
  })

  it("lies below what was made just now, which may be committed after what came later", () => {
    const water = new LowWater(1)
    water.claimed(5_000, [one(0)])
    assert.deepStrictEqual(water.marks, [server - 250])
    water.claimed(5_010, [one(10)])
    assert.deepStrictEqual(water.marks, [server - 240])
  })

  it("lies right below the last that was claimed in a backlog, whose times are finer than it is", () => {
    const water = new LowWater(1)
    assert.strictEqual(water.claimed(5_000, [full(0.25)]), 0)
    assert.deepStrictEqual(water.marks, [server - 0.75])
  })

  it("is as careful where a share is so small that what came just now has filled it", () => {
    const water = new LowWater(1)
    assert.strictEqual(water.claimed(5_000, [{ ...full(0), count: 4 }]), 0)
    assert.deepStrictEqual(water.marks, [server - 250])
  })

  it("is each table's own, and stays where nothing was taken", () => {
    const water = new LowWater(3)
    assert.deepStrictEqual(water.full, [false, false, false])
    assert.strictEqual(water.claimed(5_000, [one(0), none, full(90)]), 0)
    assert.deepStrictEqual(water.marks, [server - 250, -Infinity, server + 89])
    assert.deepStrictEqual(water.full, [false, false, true])
    assert.strictEqual(water.claimed(5_010, [none, one(100), none]), 240)
    assert.deepStrictEqual(water.marks, [server - 250, server - 150, server + 89])
    assert.deepStrictEqual(water.full, [false, false, false])
    water.looked([false, true, false])
    assert.deepStrictEqual(water.marks, [server - 250, -Infinity, server + 89])
  })

  it("has everything looked at a quarter of a second after the first who trusted it, full or not", () => {
    const water = new LowWater(1)
    assert.strictEqual(water.look, Infinity)
    assert.strictEqual(water.claimed(5_000, [one(0)]), 250)
    assert.strictEqual(water.claimed(5_100, [one(100)]), 150)
    assert.strictEqual(water.claimed(5_200, [full(200)]), 0)
    assert.strictEqual(water.look, 5_250)
    assert.strictEqual(water.claimed(5_300, [one(300)]), 0)
    water.looked([false])
    assert.deepStrictEqual([water.look, water.marks], [Infinity, [server + 50]])
    water.claimed(6_000, [full(1_000)])
    assert.strictEqual(water.look, 6_250)
  })

  it("has it looked at again at once where nothing is fresh of a table with a rest, however much is of another", () => {
    const water = new LowWater(2)
    water.looked([false, true])
    water.claimed(5_000, [full(0), none])
    assert.strictEqual(water.look, 5_000)
    water.looked([true, false])
    water.claimed(5_010, [full(10), none])
    assert.strictEqual(water.look, 5_260)
  })

  it("has it looked at again at once where a look has left what nobody takes without one", () => {
    const water = new LowWater(1)
    water.claimed(5_000, [one(0)])
    water.looked([true])
    assert.deepStrictEqual([water.look, water.marks], [Infinity, [-Infinity]])
    assert.strictEqual(water.claimed(5_010, [one(10)]), 0)
    assert.strictEqual(water.look, 5_010)
    water.looked([true])
    // That is what was left, or the beginning of it.
    assert.strictEqual(water.claimed(5_020, [full(20)]), 0)
    assert.strictEqual(water.look, 5_270)
    assert.strictEqual(water.claimed(5_030, [one(30)]), 240)
  })
})
