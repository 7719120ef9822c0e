import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import * as Heartbeat from "../src/Heartbeat.ts"

const closed = new SqlError({ reason: new ConnectionError({ cause: { code: "ETIMEDOUT" } }) })

/** A peer that answers questions after this time, for ever if it does not say. */
const listening = Effect.fnUntraced(function* (answersAfter: () => number | undefined) {
  let questions = 0
  const cut = yield* Deferred.make<never, SqlError>()
  const question = Effect.suspend(() => {
    questions++
    const after = answersAfter()
    const answer = after === undefined ? Effect.never : Effect.sleep(after)
    return Effect.raceFirst(Deferred.await(cut), answer)
  })
  const { alive, answered } = yield* Heartbeat.make(question, Effect.asVoid(Deferred.fail(cut, closed)))
  const fiber = yield* Effect.forkChild(Effect.flip(alive), { startImmediately: true })
  return { answered, fiber, questions: () => questions }
})

describe("a connection on which nothing happens", () => {
  it.effect("is asked every 10 s, and goes on while it answers within 4 s", () =>
    Effect.gen(function* () {
      const { fiber, questions } = yield* listening(() => 3_900)
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(questions(), 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(questions(), 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(questions(), 5)
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
    })
  )

  it.effect("is given up within 15 s of the last answer when its peer falls silent", () =>
    Effect.gen(function* () {
      const { answered, fiber } = yield* listening(() => undefined)
      yield* TestClock.adjust("7 seconds")
      yield* answered
      yield* TestClock.adjust("14 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(fiber), { state: "waiting" })
    })
  )

  it.effect("is asked nothing while other answers come", () =>
    Effect.gen(function* () {
      const { answered, fiber, questions } = yield* listening(() => 0)
      for (let n = 0; n < 5; n++) {
        yield* TestClock.adjust("9 seconds")
        yield* answered
      }
      assert.strictEqual(questions(), 0)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(questions(), 1)
      yield* Fiber.interrupt(fiber)
    })
  )
})
