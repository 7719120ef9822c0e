// When a monitor leaves a claim ahead, and what it does when a row has taken it.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Blocked } from "../src/Mailer.ts"
import { watching } from "./support/leavingMonitor.ts"

describe("a monitor", () => {
  it.effect("leaves a claim when what it had in hand is settled, and nothing was notified meanwhile", () =>
    Effect.gen(function* () {
      const { events, notify, waiting } = yield* watching()
      waiting.push("1", "2")
      yield* notify("news")
      assert.deepStrictEqual(events, ["claim 2", "settle 1", "settle 2", "leave"])
    })
  )

  it.effect("leaves none while something is in hand, has been notified, or nothing may be begun", () =>
    Effect.gen(function* () {
      const { answering, events, notify, places, waiting } = yield* watching()
      const first = yield* Deferred.make<void>()
      answering(Deferred.await(first))
      waiting.push("1")
      yield* notify("news")
      answering(Effect.void)
      waiting.push("2")
      yield* notify("news")
      assert.deepStrictEqual(events, ["claim 1", "claim 1", "settle 2"])
      places.free = 0
      yield* Deferred.succeed(first, undefined)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(events.slice(3), ["settle 1"])
    })
  )

  it.effect("delivers what has taken it without a claim, and leaves another", () =>
    Effect.gen(function* () {
      const { events, notify } = yield* watching()
      yield* notify("7")
      yield* notify("8")
      assert.deepStrictEqual(events, ["take 7 of 4", "settle 7", "leave", "take 8 of 4", "settle 8", "leave"])
    })
  )

  it.effect("claims as well when something else was notified, too", () =>
    Effect.gen(function* () {
      const { events, notify } = yield* watching()
      yield* notify("7", "news")
      assert.deepStrictEqual(events.slice(0, 1), ["take 7 of 4"])
      assert.include(events, "claim 0")
    })
  )

  it.effect("goes on with a backlog behind what has taken it", () =>
    Effect.gen(function* () {
      const { answering, events, notify, waiting } = yield* watching()
      const answered = yield* Deferred.make<void>()
      answering(Deferred.await(answered))
      waiting.push("1", "2", "3", "4", "5")
      yield* notify("news")
      yield* notify("7")
      assert.deepStrictEqual(events, ["claim 4"])
      yield* Deferred.succeed(answered, undefined)
      yield* TestClock.adjust(0)
      assert.include(events, "settle 7")
      assert.include(events, "settle 5")
    })
  )

  it.effect("claims two seconds after a row has taken another worker's: that may be gone", () =>
    Effect.gen(function* () {
      const { events, notify } = yield* watching()
      yield* notify("theirs")
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual(events, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(events, ["claim 0"])
    })
  )

  it.effect("claims when what has taken it cannot be mailed as it is", () =>
    Effect.gen(function* () {
      const { events, notify, refuse } = yield* watching()
      refuse()
      yield* notify("7")
      assert.deepStrictEqual(events, ["take 7 of 4", "claim 0"])
    })
  )

  it.effect("looks at what is due every minute all the same", () =>
    Effect.gen(function* () {
      const { events, notify } = yield* watching()
      for (const key of ["1", "2", "3", "4"]) {
        yield* TestClock.adjust("15 seconds")
        yield* notify(key)
      }
      assert.lengthOf(
        events.filter((event) => event === "claim 0"),
        1
      )
    })
  )

  it.effect("hears of a row that was quicker than the answer that a claim is left", () =>
    Effect.gen(function* () {
      const { events, leaving, notify, overtake, waiting } = yield* watching()
      leaving(Effect.andThen(overtake("2"), Effect.yieldNow))
      waiting.push("1")
      yield* notify("news")
      leaving(Effect.void)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(events.slice(0, 4), ["claim 1", "settle 1", "leave", "take 2 of 4"])
    })
  )

  it.effect("withdraws it before it waits for its mailbox", () =>
    Effect.gen(function* () {
      const { events, notify, stand } = yield* watching()
      const reason = new Blocked({ scope: "mailbox", detail: "403", advice: "Grant it." })
      stand({ _tag: "Closed", reason, wait: Duration.minutes(1) })
      yield* notify("news")
      assert.deepStrictEqual(events, ["withdraw"])
    })
  )

  it.effect("gives back what has taken it when it ends before the request", () =>
    Effect.gen(function* () {
      const { answering, events, monitor, notify } = yield* watching()
      answering(Effect.interruptible(Effect.never))
      yield* notify("7")
      yield* Fiber.interrupt(monitor)
      assert.deepStrictEqual(events, ["take 7 of 4", "release 1"])
    })
  )
})
