// One look: it ends within its limit, and tells an outage from what may not be looked at and from a fault of ours.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { hop, ok } from "../../src/check/Hop.ts"
import { Outage } from "../../src/State.ts"

const failing = (reason: string) => hop("login", Effect.fail(new Outage({ state: "blocked", reason })))

describe("a hop", () => {
  it.effect("that hangs is broken after its limit, though what hangs cannot be interrupted", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const never = yield* Deferred.make<void>()
      const hanging = Effect.uninterruptible(Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(never)))
      const looking = yield* Effect.forkChild(hop("login", Effect.as(hanging, ok("as nobody"))))
      yield* Deferred.await(begun)
      yield* TestClock.adjust("10 seconds")
      const ended = yield* Fiber.join(looking).pipe(Effect.timeout(Duration.seconds(1)), TestClock.withLive)
      assert.deepInclude(ended, { outcome: "broken", detail: "no answer within 10s" })
      yield* Deferred.succeed(never, undefined)
    })
  )

  it.effect("whose reason names a command of ours has it as its repair", () =>
    Effect.gen(function* () {
      const { outcome, repairs } = yield* failing("a table is missing: run `inquiries-mailer migrate` (42P01)")
      assert.strictEqual(outcome, "broken")
      assert.deepStrictEqual(repairs, [{ as: "run", line: "inquiries-mailer migrate" }])
    })
  )

  it.effect("that may not be looked at is not known", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* failing("this user lacks a right (42501)")).outcome, "not known")
    })
  )

  it.effect("in which this program breaks says so, and the others go on", () =>
    Effect.gen(function* () {
      const { detail, outcome } = yield* hop("login", Effect.die(new TypeError("not a function")))
      assert.strictEqual(outcome, "broken")
      assert.match(detail, /^this program has a fault: TypeError: not a function/)
    })
  )
})
