// Processes that share databases, without any: several fleets on one clock that meet in memory, each with children that
// note whether they run.
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Fleet } from "../src/Fleet.ts"
import { Store } from "../src/fleet/Store.ts"
import * as Metrics from "../src/Metrics.ts"
import type { Own } from "../src/fleet/Units.ts"
import { indifferent } from "./support/fakes.ts"
import { knowing, meeting } from "./support/meeting.ts"
import { silently } from "./support/quiet.ts"

const six = knowing("six", Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`m${index}`, [`d${index}`]])))

const pass = (seconds: number) =>
  Effect.forEach(Array.from({ length: seconds * 4 }), () => TestClock.adjust("250 millis"), { discard: true })

/** A process; `drain` is how long what it runs takes to end. */
const join = Effect.fnUntraced(function* (
  { storeOf }: ReturnType<typeof meeting>,
  id: string,
  own: Own = six,
  drain: Duration.Input = 0
) {
  const scope = yield* Scope.make()
  const layer = Fleet.layer({ id, own, store: storeOf(id, own), expiry: Duration.seconds(6) })
  const fleet = Context.get(yield* Layer.buildWithScope(layer, scope), Fleet)
  const running = new Set<string>()
  const told: Array<string> = []
  const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
  for (const name of new Set([...own.named.values()].flat())) {
    const self = {
      ...indifferent,
      elsewhere: Effect.sync(() => void told.push(`${name} elsewhere`)),
      ailing: () => Effect.sync(() => void told.push(`${name} ailing`))
    }
    const child = fleet.whileOwn(name, self, () =>
      Effect.sync(() => running.add(name)).pipe(
        Effect.andThen(Effect.never),
        Effect.ensuring(
          Effect.andThen(
            Effect.sleep(drain),
            Effect.sync(() => running.delete(name))
          )
        )
      )
    )
    fibers.push(yield* Effect.forkChild(child))
  }
  const end = Effect.gen(function* () {
    yield* fleet.leave
    yield* Fiber.interruptAll(fibers)
    yield* Scope.close(scope, Exit.void)
  })
  return { running, told, fleet, end }
})

describe("a fleet", () => {
  it.effect("shares what there is, with one that joins and with those that stay when one ends", () =>
    Effect.gen(function* () {
      const there = meeting()
      const a = yield* join(there, "a")
      yield* pass(3)
      assert.strictEqual(a.running.size, 6)
      const b = yield* join(there, "b")
      const c = yield* join(there, "c")
      yield* pass(5)
      assert.deepStrictEqual([a.running.size, b.running.size, c.running.size], [2, 2, 2])
      assert.strictEqual(new Set([...a.running, ...b.running, ...c.running]).size, 6)
      yield* Effect.forkChild(a.end)
      yield* pass(2)
      assert.deepStrictEqual([a.running.size, b.running.size, c.running.size], [0, 3, 3])
    }).pipe(silently)
  )

  it.effect("keeps what it had while the place to meet is away, and changes nothing when it is back", () =>
    Effect.gen(function* () {
      const there = meeting()
      const [a, b] = [yield* join(there, "a"), yield* join(there, "b")]
      yield* pass(10)
      const before = [[...a.running], [...b.running]]
      there.place.away = true
      yield* pass(60)
      assert.deepStrictEqual([[...a.running], [...b.running]], before)
      assert.strictEqual((yield* a.fleet.look).cluster.storage, "away")
      there.place.away = false
      yield* pass(3)
      assert.deepStrictEqual([[...a.running], [...b.running]], before)
      yield* pass(10)
      assert.deepStrictEqual([[...a.running], [...b.running]], before)
      assert.deepStrictEqual(
        a.told.filter((text) => text.includes("ailing")),
        []
      )
    }).pipe(silently)
  )

  it.effect("runs on what the place to meet has forgotten", () =>
    Effect.gen(function* () {
      const there = meeting()
      const a = yield* join(there, "a")
      yield* pass(10)
      there.place.away = true
      yield* pass(10)
      there.taken.clear()
      there.beats.clear()
      there.place.away = false
      yield* pass(10)
      assert.strictEqual(a.running.size, 6)
      assert.strictEqual(there.taken.size, 6)
    }).pipe(silently)
  )

  it.effect("runs nothing, and says so, where it has met nobody since its start", () =>
    Effect.gen(function* () {
      const there = meeting()
      there.place.away = true
      const a = yield* join(there, "a")
      yield* pass(7)
      assert.strictEqual(a.running.size, 0)
      assert.include(a.told, "d0 ailing")
      there.place.away = false
      yield* pass(5)
      assert.strictEqual(a.running.size, 6)
    }).pipe(silently)
  )

  it.effect("runs what only one process knows there, and a whole mailbox where all of it is known", () =>
    Effect.gen(function* () {
      const there = meeting()
      const a = yield* join(there, "a", knowing("old", { m: ["d1"], n: ["d2"] }))
      yield* pass(3)
      assert.deepStrictEqual([...a.running].toSorted(), ["d1", "d2"])
      const b = yield* join(there, "b", knowing("new", { m: ["d1", "added"], n: ["d2"] }))
      yield* pass(5)
      assert.deepStrictEqual([...a.running], ["d2"])
      assert.deepStrictEqual([...b.running].toSorted(), ["added", "d1"])
    }).pipe(silently)
  )

  it.effect("gives a mailbox once its last send has ended, but on its own end after two seconds whatever hangs", () =>
    Effect.gen(function* () {
      const there = meeting()
      const a = yield* join(there, "a", six, "4 seconds")
      yield* pass(3)
      const b = yield* join(there, "b")
      yield* pass(4)
      assert.strictEqual(b.running.size, 0)
      yield* pass(3)
      assert.deepStrictEqual([a.running.size, b.running.size], [3, 3])
      yield* Effect.forkChild(a.end)
      yield* pass(1)
      assert.strictEqual(b.running.size, 3)
      yield* pass(2)
      assert.deepStrictEqual([a.running.size, b.running.size], [3, 6])
      yield* pass(2)
      assert.deepStrictEqual([a.running.size, b.running.size], [0, 6])
    }).pipe(silently)
  )

  it.effect("runs in every process what is not shared", () =>
    Effect.gen(function* () {
      const there = meeting()
      const [a, b] = [yield* join(there, "a"), yield* join(there, "b")]
      const ran: Array<string> = []
      const child = (name: string) =>
        Effect.andThen(
          Effect.sync(() => void ran.push(name)),
          Effect.never
        )
      yield* Effect.forkChild(a.fleet.whileOwn("unshared", indifferent, () => child("a")))
      yield* Effect.forkChild(b.fleet.whileOwn("unshared", indifferent, () => child("b")))
      yield* pass(1)
      assert.deepStrictEqual(ran, ["a", "b"])
    }).pipe(silently)
  )

  it.effect("measures no backlog of what another process runs", () =>
    Effect.gen(function* () {
      const there = meeting()
      const a = yield* join(there, "a")
      yield* pass(3)
      for (const name of a.running) yield* Metrics.setBacklog(name, { waiting: 5, age: 900, parked: 1 })
      // Only said to be there: a second process would measure into the same series.
      yield* Store.use(({ beat }) => beat(false)).pipe(Effect.provide(there.storeOf("b", six)))
      yield* pass(3)
      assert.strictEqual(a.running.size, 3)
      const text = yield* Metrics.exposition
      for (const name of [0, 1, 2, 3, 4, 5].map((index) => `d${index}`)) {
        const age = `inquiries_mailer_backlog_age_seconds{database="${name}"} ${a.running.has(name) ? 900 : 0}\n`
        assert.include(text, age)
      }
    }).pipe(silently)
  )
})
