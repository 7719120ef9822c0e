// The states of a child that nothing wakes, and the end of the supervisor itself.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { acting, logged, settle, supervised } from "./support/children.ts"

describe("Supervisor", () => {
  it.effect("shows a child that polls with the reason, and warns where that was not wanted", () =>
    logged((lines) =>
      Effect.gen(function* () {
        const polling = (wanted: boolean) =>
          acting(String(wanted), (self) => Effect.andThen(self.polling("looks every minute", wanted), Effect.never))
        const { stateOf } = yield* supervised(polling(true), polling(false))
        assert.deepStrictEqual(yield* stateOf("true"), {
          _tag: "polling",
          reason: "looks every minute",
          wanted: true
        })
        assert.deepStrictEqual(
          lines.map(({ level, message }) => `${level} ${message}`),
          ["Info polling: looks every minute", "Warn polling: looks every minute"]
        )
      })
    )
  )

  it.effect(
    "tells its children 15 s after its end has begun, and not before it has, to give up what they cannot finish",
    () =>
      logged(() =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          const gaveUp = yield* Deferred.make<void>()
          const child = acting("a", (self) =>
            Effect.uninterruptible(
              Effect.andThen(self.givenUp, Effect.andThen(Deferred.succeed(gaveUp, undefined), Effect.interrupt))
            )
          )
          yield* supervised(child).pipe(Scope.provide(scope))
          yield* TestClock.adjust("1 hour")
          const ending = yield* Effect.forkChild(Scope.close(scope, Exit.void))
          yield* TestClock.adjust("14 seconds")
          assert.isFalse(yield* Deferred.isDone(gaveUp))
          yield* TestClock.adjust("1 second")
          yield* settle
          assert.isTrue(yield* Deferred.isDone(gaveUp))
          yield* Fiber.join(ending)
        })
      )
  )
})
