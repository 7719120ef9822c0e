// The states of a child that nothing wakes, and the end of the supervisor itself.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Queue, Scope } from "effect"
import { TestClock } from "effect/testing"
import { acting, down, logged, settle, supervised } from "./support/children.ts"

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

  it.effect("shows a pause until it is over, says both once, and then what the child did before", () =>
    logged((lines) =>
      Effect.gen(function* () {
        const told = yield* Queue.unbounded<string | undefined>()
        const child = acting("a", (self) =>
          Effect.andThen(self.healthy, Effect.forever(Effect.flatMap(Queue.take(told), self.paused)))
        )
        const { stateOf } = yield* supervised(child)
        const tell = (since: string | undefined) => Effect.andThen(Queue.offer(told, since), settle)
        yield* tell(undefined)
        assert.strictEqual((yield* stateOf("a"))._tag, "listening")
        yield* tell("noon")
        yield* tell("noon")
        assert.deepStrictEqual(yield* stateOf("a"), { _tag: "paused", reason: "by an operator since noon" })
        yield* tell(undefined)
        assert.strictEqual((yield* stateOf("a"))._tag, "listening")
        assert.deepStrictEqual(
          lines.map(({ message }) => message),
          [
            "listening",
            "paused by an operator since noon: nothing is mailed until it is resumed",
            "listening again: the pause is over"
          ]
        )
      })
    )
  )

  it.effect("shows a paused child as that when it comes back from an outage", () =>
    logged(() =>
      Effect.gen(function* () {
        const child = acting(
          "a",
          (self) => Effect.andThen(self.paused("noon"), Effect.fail(down)),
          (self) => Effect.andThen(self.healthy, Effect.never)
        )
        const { stateOf } = yield* supervised(child)
        assert.strictEqual((yield* stateOf("a"))._tag, "waiting")
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* stateOf("a"))._tag, "paused")
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
