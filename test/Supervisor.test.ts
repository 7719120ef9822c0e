import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Duration, Effect, Schedule, Scope } from "effect"
import { TestClock } from "effect/testing"
import { type Child, restart } from "../src/Supervisor.ts"
import {
  acting,
  crashing,
  down,
  failing,
  healthy,
  healthyFor,
  logged,
  refused,
  settle,
  supervised
} from "./support/children.ts"

describe("Supervisor", () => {
  it.effect("shows a child as connecting until it says that it is healthy", () =>
    logged(() =>
      Effect.gen(function* () {
        const ready = yield* Deferred.make<void>()
        const { stateOf } = yield* supervised(
          acting("a", (self) => Effect.andThen(Deferred.await(ready), healthy(self)))
        )
        assert.strictEqual((yield* stateOf("a"))._tag, "connecting")
        yield* Deferred.succeed(ready, undefined)
        yield* settle
        assert.strictEqual((yield* stateOf("a"))._tag, "listening")
      })
    )
  )

  it.effect("shows an outage with its reason and the time of the next attempt, and makes that attempt then", () =>
    logged(() =>
      Effect.gen(function* () {
        const child = acting("a", failing(refused), healthy)
        const { stateOf } = yield* supervised(child)
        const state = yield* stateOf("a")
        assert.strictEqual(state._tag, "blocked")
        if (state._tag !== "blocked") return
        assert.strictEqual(state.reason, refused.reason)
        const next = DateTime.toEpochMillis(state.nextAttempt!)
        yield* TestClock.setTime(next - 1)
        assert.strictEqual(child.starts.length, 1)
        yield* TestClock.setTime(next)
        assert.strictEqual(child.starts.length, 2)
        assert.strictEqual((yield* stateOf("a"))._tag, "listening")
      })
    )
  )

  it.effect("waits from half a second to half a minute between attempts, a fifth more or less", () =>
    Effect.gen(function* () {
      const step = yield* Schedule.toStep(restart)
      for (let n = 0; n < 12; n++) {
        const [, delay] = yield* Effect.orDie(step(0, undefined))
        const middle = Math.min(500 * 2 ** n, 30_000)
        assert.isAtLeast(Duration.toMillis(delay), middle * 0.8 - 1)
        assert.isAtMost(Duration.toMillis(delay), middle * 1.2 + 1)
      }
    })
  )

  it.effect("begins its delays anew after a healthy minute, and not sooner", () =>
    logged(() =>
      Effect.gen(function* () {
        const tenOutages = Array.from({ length: 10 }, () => failing(down))
        const minuteAfter = (seconds: number) => [...tenOutages, healthyFor(`${seconds} seconds`, Effect.fail(down))]
        const { starts, ...child } = acting("a", ...minuteAfter(59), ...minuteAfter(60), healthy)
        yield* supervised(child)
        while (starts.length < 23) yield* TestClock.adjust("1 second")
        assert.isAbove(starts[11]! - starts[10]! - 59_000, 20_000)
        assert.isBelow(starts[22]! - starts[21]! - 60_000, 1_000)
      })
    )
  )

  it.effect(
    "restarts a child that crashed, counts the crash, and says where it was without the message of the error",
    () =>
      logged((lines) =>
        Effect.gen(function* () {
          const child = acting("a", () => Effect.die(new Error("jane@example.com")), healthy)
          const { statusOf } = yield* supervised(child)
          assert.strictEqual((yield* statusOf("a")).crashes, 1)
          yield* TestClock.adjust("1 second")
          const status = yield* statusOf("a")
          assert.strictEqual(status.state._tag, "listening")
          assert.strictEqual(status.restarts, 1)
          const crash = lines.find(({ message }) => message.startsWith("crashed"))
          assert.include(crash!.message, "Supervisor.test.ts")
          assert.notInclude(JSON.stringify(lines), "jane@example.com")
        })
      )
  )

  it.effect("quarantines a child at the eighth crash, and tries it every five minutes", () =>
    logged((lines) =>
      Effect.gen(function* () {
        const child = acting("a", crashing)
        const { statusOf } = yield* supervised(child)
        while (child.starts.length < 7) yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* statusOf("a")).state._tag, "waiting")
        while (child.starts.length < 8) yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* statusOf("a")).state._tag, "quarantined")
        assert.isTrue(lines.some(({ level, message }) => level === "Error" && message.startsWith("quarantined")))
        yield* TestClock.adjust("299 seconds")
        assert.strictEqual(child.starts.length, 8)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(child.starts.length, 9)
      })
    )
  )

  it.effect("counts crashes anew after a healthy minute", () =>
    logged(() =>
      Effect.gen(function* () {
        const seven = Array.from({ length: 7 }, () => crashing)
        const child = acting("a", ...seven, healthyFor("61 seconds", Effect.die(new TypeError("a bug"))), healthy)
        const { statusOf } = yield* supervised(child)
        while (child.starts.length < 9) yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* statusOf("a")).crashes, 1)
      })
    )
  )

  it.effect("lets what happens to one child touch no other", () =>
    logged(() =>
      Effect.gen(function* () {
        const sound = acting("sound", healthy)
        const broken = acting("broken", crashing)
        const away = acting("away", failing(down))
        const { stateOf } = yield* supervised(broken, away, sound)
        yield* TestClock.adjust("10 minutes")
        assert.isAbove(broken.starts.length, 8)
        assert.isAbove(away.starts.length, 8)
        assert.strictEqual(sound.starts.length, 1)
        assert.strictEqual((yield* stateOf("sound"))._tag, "listening")
      })
    )
  )

  it.effect("logs an outage when it begins, when its reason changes and when it ends, not a line an attempt", () =>
    logged((lines) =>
      Effect.gen(function* () {
        const attempts = Array.from({ length: 9 }, () => failing(down))
        const child = acting("a", healthyFor("1 second", Effect.fail(down)), ...attempts, failing(refused), healthy)
        yield* supervised(child)
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(
          lines.map(({ annotations, message }) => [annotations["database"], message]),
          [
            ["a", "listening"],
            ["a", "waiting: nothing accepts connections"],
            ["a", "blocked until it is repaired: the server refuses the password"],
            ["a", "listening again: the outage is over"]
          ]
        )
      })
    )
  )

  it.effect("shows at once what an ailing child says, though it still finishes its work", () =>
    logged(() =>
      Effect.gen(function* () {
        const { stateOf } = yield* supervised(
          acting("a", (self) => self.healthy.pipe(Effect.andThen(self.ailing(down)), Effect.andThen(Effect.never)))
        )
        assert.deepStrictEqual(yield* stateOf("a"), { _tag: "waiting", reason: down.reason, nextAttempt: undefined })
      })
    )
  )

  it.effect("ends all children side by side with its scope, and each may finish what cannot be interrupted", () =>
    logged(() =>
      Effect.gen(function* () {
        const finished: Array<string> = []
        const busy = (name: string): Child => ({
          name,
          run: () =>
            Effect.uninterruptible(Effect.sleep("20 seconds")).pipe(
              Effect.andThen(Effect.sync(() => finished.push(name))),
              Effect.uninterruptible,
              Effect.andThen(Effect.never)
            )
        })
        const scope = yield* Scope.make()
        yield* supervised(busy("a"), busy("b"), busy("c")).pipe(Scope.provide(scope))
        const closing = yield* Effect.forkChild(Scope.close(scope, yield* Effect.exit(Effect.void)))
        yield* TestClock.adjust("19 seconds")
        assert.deepStrictEqual(finished, [])
        assert.isUndefined(closing.pollUnsafe(), "the end waits for them")
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(finished, ["a", "b", "c"])
        assert.isDefined(closing.pollUnsafe())
      })
    )
  )
})
