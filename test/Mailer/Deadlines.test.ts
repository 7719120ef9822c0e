import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { elapsedOf } from "../../src/Elapsed.ts"
import { Deadlines } from "../../src/Mailer/Deadlines.ts"

/** Deadlines by name, and which of them have passed. */
const setting = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const deadlines = new Deadlines(Effect.runForkWith(yield* Effect.context()))
  const passed: Array<string> = []
  const set = (name: string, seconds: number) =>
    deadlines.set({ giveUp: () => void passed.push(name) }, elapsedOf(clock) + seconds * 1_000)
  return { deadlines, passed, set }
})

describe("a deadline", () => {
  it.effect("passes at its time, whatever was set before and after it", () =>
    Effect.gen(function* () {
      const { passed, set } = yield* setting
      set("first", 20)
      set("sooner", 10)
      yield* TestClock.adjust("5 seconds")
      set("last", 20)
      yield* TestClock.adjust("4999 millis")
      assert.deepStrictEqual(passed, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(passed, ["sooner"])
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(passed, ["sooner", "first"])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(passed, ["sooner", "first", "last"])
      set("afterwards", 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(passed, ["sooner", "first", "last", "afterwards"])
    })
  )

  it.effect("does not pass when it was lifted, nor after the end", () =>
    Effect.gen(function* () {
      const { deadlines, passed, set } = yield* setting
      deadlines.lift(set("lifted", 10))
      set("kept", 15)
      yield* TestClock.adjust("15 seconds")
      assert.deepStrictEqual(passed, ["kept"])
      set("too late", 10)
      deadlines.end()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(passed, ["kept"])
    })
  )
})
