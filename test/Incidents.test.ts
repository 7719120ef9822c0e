// What states tell, seen by a receiver that takes everything.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { Alert } from "../src/Alert.ts"
import type { Message } from "../src/Incident.ts"
import * as Incidents from "../src/Incidents.ts"
import { standby } from "../src/NotifyMonitor.ts"
import type { State, Status } from "../src/State.ts"
import { undecided } from "../src/SweepRounds.ts"
import { settle } from "./support/children.ts"

const waiting = (reason: string): State => ({ _tag: "waiting", reason, nextAttempt: undefined })
const blocked = (reason: string): State => ({ _tag: "blocked", reason, nextAttempt: undefined })

const watching = Effect.fnUntraced(function* (post?: (message: Message) => Effect.Effect<boolean>) {
  const told: Array<Message> = []
  const since = yield* DateTime.now
  const of = (state: State): Status => ({ state, since, crashes: 0, allCrashes: 0, restarts: 0 })
  const statuses = yield* SubscriptionRef.make<ReadonlyMap<string, Status>>(
    new Map([["autos", of({ _tag: "connecting" })]])
  )
  const take = (message: Message) => Effect.sync(() => told.push(message) > 0)
  yield* Effect.forkChild(Effect.provideService(Incidents.watch(statuses), Alert, { post: post ?? take }))
  yield* settle
  const enter = (state: State) => SubscriptionRef.set(statuses, new Map([["autos", of(state)]]))
  const events = () => told.splice(0).map(({ event, kind }) => `${kind} ${event}`)
  return { enter, events, told }
})

describe("a database", () => {
  it.effect("is unreachable when it was away for five minutes, however often it is tried meanwhile", () =>
    Effect.gen(function* () {
      const { enter, events, told } = yield* watching()
      yield* enter({ _tag: "listening" })
      yield* TestClock.adjust("1 hour")
      for (let attempt = 0; attempt < 10; attempt++) {
        yield* enter(waiting("the server is starting up"))
        yield* TestClock.adjust("29 seconds")
        yield* enter({ _tag: "connecting" })
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(events(), [])
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(told[0]?.detail.split(".")[0], "the server is starting up")
      assert.deepStrictEqual(events(), ["unreachable opened"])
      yield* TestClock.adjust("23 hours")
      assert.deepStrictEqual(events(), [])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(events(), ["unreachable reminder"])
      yield* enter({ _tag: "polling", reason: "as it is set", wanted: true })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(events(), ["unreachable over"])
    })
  )

  it.effect("that is back before five minutes are over is not worth a word", () =>
    Effect.gen(function* () {
      const { enter, events } = yield* watching()
      for (let outage = 0; outage < 5; outage++) {
        yield* enter(blocked("the server refuses the password"))
        yield* TestClock.adjust("290 seconds")
        yield* enter({ _tag: "listening" })
        yield* TestClock.adjust("10 seconds")
      }
      assert.deepStrictEqual(events(), [])
    })
  )

  it.effect("in quarantine is told at once, and over when it has been sound for a minute", () =>
    Effect.gen(function* () {
      const { enter, events } = yield* watching()
      yield* enter({ _tag: "quarantined", reason: "8 crashes", nextAttempt: yield* DateTime.now })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(events(), ["quarantine opened"])
      yield* enter({ _tag: "listening" })
      yield* TestClock.adjust("50 seconds")
      yield* enter({ _tag: "quarantined", reason: "9 crashes", nextAttempt: yield* DateTime.now })
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(events(), [])
      yield* enter({ _tag: "listening" })
      yield* TestClock.adjust("70 seconds")
      assert.deepStrictEqual(events(), ["quarantine over"])
    })
  )

  it.effect("that another worker mails from, or whose sweep awaits a decision, is not away", () =>
    Effect.gen(function* () {
      const { enter, events } = yield* watching()
      yield* enter(waiting(standby))
      yield* TestClock.adjust("1 hour")
      yield* enter(blocked(`30 rows of table a were not captured by its trigger: ${undecided}.`))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(events(), [])
    })
  )

  it.effect("is watched on while a receiver hangs", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const { enter } = yield* watching(({ event, kind }) =>
        Effect.andThen(
          Effect.sync(() => asked.push(`${kind} ${event}`)),
          Effect.never
        )
      )
      yield* TestClock.adjust("6 minutes")
      yield* enter({ _tag: "quarantined", reason: "8 crashes", nextAttempt: yield* DateTime.now })
      yield* TestClock.adjust("1 minute")
      assert.include(asked, "quarantine opened")
    })
  )
})
