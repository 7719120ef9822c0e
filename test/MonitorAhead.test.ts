// When a monitor leaves a claim ahead, and what it does when a row has taken it.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Queue } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import type { Ahead } from "../src/Ahead.ts"
import { nothing } from "../src/ClaimAnswer.ts"
import { Notifications } from "../src/Connection.ts"
import { Mailer, Blocked, type Standing } from "../src/Mailer.ts"
import { watch } from "../src/Monitor.ts"
import { Outbox } from "../src/Outbox.ts"
import { indifferent, notice, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const description = { schema: "public", name: "inquiries", key: "id", keyType: "integer", columns: [] } as const
const minute = Duration.minutes(1)

const begun = (key: string) =>
  notice(key, { begun: { asked: 0, taken: false }, row: { table: "inquiries", key, fields: [] } })

/** A monitor of an empty outbox that hears `taken` and `news`; `waiting` is what a claim finds. */
const watching = Effect.fnUntraced(function* (free = 4) {
  const events: Array<string> = []
  const say = (event: string) => Effect.sync(() => void events.push(event))
  const heard = yield* Queue.unbounded<string>()
  const waiting: Array<string> = []
  const places = { all: free, free }
  let standing: Standing = { _tag: "Open" }
  let taken: string | undefined
  let given = true
  let answers: Effect.Effect<void> = Effect.void
  let duringLeave: Effect.Effect<void> = Effect.void
  const ahead: Ahead = {
    hear: (payloads) => {
      for (const payload of payloads) if (payload !== "news") taken = payload
      return payloads.includes("news")
    },
    isTaken: () => taken !== undefined,
    leave: Effect.andThen(
      say("leave"),
      Effect.suspend(() => duringLeave)
    ),
    take: (most) =>
      Effect.sync(() => {
        const notices = given && taken !== undefined ? [begun(taken)] : []
        events.push(`take ${taken} of ${most}`)
        taken = undefined
        return { ...nothing, notices }
      }),
    withdraw: Effect.as(say("withdraw"), true)
  }
  const services = Layer.mergeAll(
    Layer.mock(Notifications, { next: Queue.takeAll(heard), alive: Effect.never, deaf: undefined }),
    Layer.mock(Mailer, {
      standing: Effect.sync(() => standing),
      places: Effect.sync(() => places),
      send: () =>
        Effect.as(
          Effect.suspend(() => answers),
          { requestId: undefined }
        )
    }),
    Layer.mock(Outbox, {
      claim: () =>
        Effect.sync(() => {
          const notices = waiting.splice(0).map(begun)
          events.push(`claim ${notices.length}`)
          return { ...nothing, notices }
        }),
      begin: () => Effect.void,
      settle: ({ key }) => say(`settle ${key}`),
      release: (notices) => say(`release ${notices.length}`)
    }),
    Layer.succeed(SqlClient, {} as SqlClient),
    quiet().layer
  )
  const all = new Map([[1, { ...watched, description }]])
  const monitor = yield* watch(all, minute, indifferent, undefined, Effect.succeed(ahead)).pipe(
    Effect.provide(services),
    Effect.forkChild
  )
  yield* TestClock.adjust(0)
  events.length = 0
  return {
    ...{ events, monitor, places, waiting },
    notify: (...payloads: ReadonlyArray<string>) =>
      Effect.andThen(Queue.offerAll(heard, payloads), TestClock.adjust(0)),
    stand: (next: Standing) => void (standing = next),
    refuse: () => void (given = false),
    answering: (effect: Effect.Effect<void>) => void (answers = effect),
    leaving: (effect: Effect.Effect<void>) => void (duringLeave = effect),
    /** A row has taken the claim before the answer that it is left. */
    overtake: (key: string) => void (taken = key)
  }
})

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
      leaving(Effect.sync(() => overtake("2")))
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
      stand({ _tag: "Closed", reason, wait: minute })
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
