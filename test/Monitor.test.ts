import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Layer, Queue } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { Notifications } from "../src/Connection.ts"
import { Blocked, Mailer, type Standing } from "../src/Mailer.ts"
import { nextBatch } from "../src/Hand.ts"
import { watch } from "../src/Monitor.ts"
import { Outbox } from "../src/Outbox.ts"
import { indifferent } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const minute = Duration.minutes(1)
const blocked = new Blocked({ scope: "mailbox", detail: "403", advice: "Grant it." })

/** A monitor whose outbox is empty, with its hands on everything that could wake it. */
const watching = Effect.fnUntraced(function* (
  options: {
    readonly due?: Duration.Duration
    readonly pausedSince?: string
    readonly atPoll?: Effect.Effect<boolean>
  } = {}
) {
  const events: Array<string> = []
  const say = (event: string) => Effect.sync(() => void events.push(event))
  const wakes = yield* Queue.unbounded<void>()
  let standing: Standing = { _tag: "Open" }
  let duringClaim: Effect.Effect<void> = Effect.void
  const { layer: logger, lines } = quiet()
  const services = Layer.mergeAll(
    Layer.succeed(
      Notifications,
      Notifications.of({
        next: Effect.as(Queue.takeAll(wakes), [""]),
        alive: Effect.never,
        deaf: undefined
      })
    ),
    Layer.mock(Mailer, { standing: Effect.sync(() => standing), places: Effect.succeed({ all: 0, free: 0 }) }),
    Layer.mock(Outbox, {
      claim: (limit) =>
        say(`claim ${limit}`).pipe(
          Effect.andThen(Effect.suspend(() => duringClaim)),
          Effect.as({ notices: [], superseded: [], untilDue: options.due, pausedSince: options.pausedSince })
        )
    }),
    // Only the rows of a claim are fetched with it, and no claim here has any.
    Layer.succeed(SqlClient, {} as SqlClient),
    logger
  )
  yield* watch(new Map(), minute, indifferent, options.atPoll).pipe(Effect.provide(services), Effect.forkChild)
  yield* TestClock.adjust(0)
  return {
    lines,
    claims: () => events.filter((event) => event.startsWith("claim")),
    events,
    notify: Effect.andThen(Queue.offer(wakes, undefined), TestClock.adjust(0)),
    stand: (next: Standing) => void (standing = next),
    atNextClaim: (effect: Effect.Effect<unknown>) =>
      void (duringClaim = Effect.suspend(() => {
        duringClaim = Effect.void
        return Effect.asVoid(effect)
      })),
    wake: Queue.offer(wakes, undefined)
  }
})

describe("a monitor", () => {
  it.effect("claims at once, and then when it is notified", () =>
    Effect.gen(function* () {
      const { claims, notify } = yield* watching()
      assert.lengthOf(claims(), 1)
      yield* notify
      assert.lengthOf(claims(), 2)
    })
  )

  it.effect("claims when the next notice comes due, and not before", () =>
    Effect.gen(function* () {
      const { claims } = yield* watching({ due: Duration.seconds(15) })
      yield* TestClock.adjust("14999 millis")
      assert.lengthOf(claims(), 1)
      yield* TestClock.adjust("1 millis")
      assert.lengthOf(claims(), 2)
    })
  )

  for (const [why, options] of [
    ["nothing is due", { due: Duration.hours(3) }],
    ["what is due may not be claimed because of a pause", { due: Duration.zero, pausedSince: "noon" }]
  ] as const) {
    it.effect(`claims every minute, though nobody notifies it and ${why}`, () =>
      Effect.gen(function* () {
        const { claims } = yield* watching(options)
        yield* TestClock.adjust("5 minutes")
        assert.lengthOf(claims(), 6)
      })
    )
  }

  it.effect(
    "lets no claim wait for what rides on the polls, runs it once at a time, and claims what it has found",
    () =>
      Effect.gen(function* () {
        const found = yield* Deferred.make<boolean>()
        let rides = 0
        const atPoll = Effect.andThen(
          Effect.sync(() => rides++),
          Deferred.await(found)
        )
        const { claims, notify } = yield* watching({ atPoll })
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(rides, 0)
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual([rides, claims().length], [1, 2])
        yield* notify
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual([rides, claims().length], [1, 5])
        yield* Deferred.succeed(found, true)
        yield* TestClock.adjust(0)
        assert.lengthOf(claims(), 6)
      })
  )

  it.effect("does not spin while something is due that another replica is claiming", () =>
    Effect.gen(function* () {
      const { claims } = yield* watching({ due: Duration.zero })
      yield* TestClock.adjust("1 second")
      assert.isAtMost(claims().length, 11)
      assert.isAtLeast(claims().length, 10)
    })
  )

  it.effect(
    "forgets notifications before a claim and never after: one that comes during a claim leads to another",
    () =>
      Effect.gen(function* () {
        const { atNextClaim, events, notify, wake } = yield* watching()
        // It is heard before the claim ends.
        atNextClaim(Effect.andThen(wake, Effect.repeat(Effect.yieldNow, { times: 5 })))
        yield* notify
        yield* Effect.repeat(TestClock.adjust(0), { times: 10 })
        assert.deepStrictEqual(
          events.map((event) => event.split(" ")[0]),
          ["claim", "claim", "claim"]
        )
      })
  )

  it.effect("claims nothing while the mailbox is closed, one notice for a probe, and says each once", () =>
    Effect.gen(function* () {
      const { claims, lines, notify, stand } = yield* watching()
      stand({ _tag: "Closed", wait: Duration.seconds(30), reason: blocked })
      yield* notify
      yield* TestClock.adjust("29 seconds")
      yield* notify
      assert.lengthOf(claims(), 1)
      stand({ _tag: "Probe", reason: blocked })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(claims().slice(1), ["claim 1"])
      stand({ _tag: "Open" })
      yield* notify
      assert.deepStrictEqual(
        lines.map(({ message }) => message),
        [
          "nothing is sent: 403. Grant it.",
          "trying one mail, to see whether the mailbox can be used again",
          "the mailbox can be used again"
        ]
      )
    })
  )
})

describe("nextBatch", () => {
  it("grows while claims are worked off quickly and shrinks when one took long, within its bounds", () => {
    assert.strictEqual(nextBatch(16, Duration.seconds(1)), 32)
    assert.strictEqual(nextBatch(128, Duration.seconds(1)), 128)
    assert.strictEqual(nextBatch(64, Duration.seconds(6)), 32)
    assert.strictEqual(nextBatch(4, Duration.seconds(60)), 4)
  })
})
