import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { Hand } from "../src/Hand.ts"

describe("what is in hand", () => {
  it("is as large as a batch where nothing is known, and claimed again when half of it is settled", () => {
    const hand = new Hand()
    assert.strictEqual(hand.left(0, 8), 8)
    const { answered, done } = hand.take(8)
    for (let n = 0; n < 8; n++) answered()
    for (let n = 0; n < 3; n++) done()
    assert.strictEqual(hand.left(0, 8), 0)
    done()
    assert.strictEqual(hand.left(0, 8), 4)
  })

  it("has no more unanswered than may be begun, and as many again whose outcomes are being written", () => {
    const hand = new Hand()
    const { answered } = hand.take(hand.left(32, 64))
    assert.strictEqual(hand.left(32, 64), 0)
    for (let n = 0; n < 16; n++) answered()
    assert.strictEqual(hand.left(32, 64), 16)
    const second = hand.take(16)
    for (let n = 0; n < 16; n++) answered()
    assert.strictEqual(hand.left(32, 64), 16)
    hand.take(16)
    for (let n = 0; n < 16; n++) second.answered()
    assert.strictEqual(hand.left(32, 64), 0)
  })

  it("forgets what a claim brought and nobody answered or settled when that ends", () => {
    const hand = new Hand()
    hand.left(4, 8)
    const { answered, done, end } = hand.take(4)
    answered()
    done()
    answered()
    end()
    assert.strictEqual(hand.left(4, 8), 4)
  })

  it.effect("lets whoever waits go on as soon as there is room", () =>
    Effect.gen(function* () {
      const hand = new Hand()
      const { answered, done } = hand.take(hand.left(0, 4))
      const waiting = yield* Effect.forkChild(hand.room, { startImmediately: true })
      answered()
      done()
      yield* Effect.yieldNow
      assert.isUndefined(waiting.pollUnsafe())
      answered()
      done()
      yield* Fiber.join(waiting)
      yield* hand.room
    })
  )
})
