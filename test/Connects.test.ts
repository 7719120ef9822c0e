// Who connects when, where hundreds would at once.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Connects from "../src/Connects.ts"
import type { Address } from "../src/Database.ts"
import { watched } from "./support/fakes.ts"

const at = (host: string): Address => ({ ...watched.database.address, host })

/** Work that begins when its turn comes and lasts until it is let go. */
const crowd = () => {
  const begun: Array<string> = []
  const ends = new Map<string, Deferred.Deferred<void>>()
  const work = (name: string) =>
    Effect.gen(function* () {
      const end = yield* Deferred.make<void>()
      ends.set(name, end)
      begun.push(name)
      yield* Deferred.await(end)
    })
  const letGo = (name: string) =>
    Effect.suspend(() => Deferred.succeed(ends.get(name) ?? Deferred.makeUnsafe<void>(), undefined)).pipe(
      Effect.andThen(breaths)
    )
  return { begun, letGo, work }
}

const breaths = Effect.replicateEffect(Effect.yieldNow, 10, { discard: true })
const names = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
const fork = <A, E>(self: Effect.Effect<A, E>) => Effect.forkChild(self, { startImmediately: true })

describe("opening databases", () => {
  it.effect("of one server happens for 8 at once, in their order, and holds up no other server", () =>
    Effect.gen(function* () {
      const { begun, letGo, work } = crowd()
      const fibers = yield* Effect.forEach(names(10, "a"), (name) => fork(Connects.inTurn(at("one"), work(name))))
      yield* breaths
      assert.deepStrictEqual(begun, names(8, "a"))
      yield* fork(Connects.inTurn(at("two"), work("b")))
      yield* breaths
      assert.strictEqual(begun.at(-1), "b")
      yield* letGo("a3")
      assert.strictEqual(begun.at(-1), "a8")
      yield* Fiber.interruptAll(fibers)
    })
  )

  it.effect("comes before what can wait, and that keeps no database from being opened", () =>
    Effect.gen(function* () {
      const { begun, letGo, work } = crowd()
      const server = at("three")
      const openings = yield* Effect.forEach(names(9, "a"), (name) => fork(Connects.inTurn(server, work(name))))
      const waiting = yield* Effect.forEach(names(4, "w"), (name) => fork(Connects.behind(server, work(name))))
      yield* breaths
      yield* letGo("a0")
      assert.strictEqual(begun.at(-1), "a8")
      yield* Effect.forEach(names(9, "a").slice(1), letGo)
      assert.deepStrictEqual(begun.slice(9), ["w0", "w1"])
      const later = yield* Effect.forEach(names(8, "l"), (name) => fork(Connects.inTurn(server, work(name))))
      yield* breaths
      assert.deepStrictEqual(begun.slice(11), names(8, "l"))
      yield* Fiber.interruptAll([...openings, ...waiting, ...later])
    })
  )

  it.effect("leaves the server a breath between two pieces of work that can wait", () =>
    Effect.gen(function* () {
      const { begun, letGo, work } = crowd()
      const fibers = yield* Effect.forEach(names(4, "w"), (name) => fork(Connects.behind(at("four"), work(name))))
      yield* breaths
      yield* letGo("w0")
      yield* letGo("w1")
      yield* TestClock.adjust("900 millis")
      assert.deepStrictEqual(begun, names(2, "w"))
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(begun, names(4, "w"))
      // Who has done its work does not wait for that.
      assert.isDefined(fibers[0]?.pollUnsafe())
      yield* Fiber.interruptAll(fibers)
    })
  )
})

describe("what somebody may soon wait for", () => {
  it.effect("comes after the databases that wait to be opened, one at a time and with room for others between", () =>
    Effect.gen(function* () {
      const { begun, letGo, work } = crowd()
      const server = at("five")
      const openings = yield* Effect.forEach(names(8, "a"), (name) => fork(Connects.inTurn(server, work(name))))
      const soon = yield* Effect.forEach(names(3, "s"), (name) => fork(Connects.soon(server, work(name))))
      yield* breaths
      assert.deepStrictEqual(begun, names(8, "a"))
      yield* letGo("a0")
      assert.deepStrictEqual(begun.slice(8), ["s0"])
      yield* letGo("s0")
      yield* TestClock.adjust("4 millis")
      assert.deepStrictEqual(begun.slice(8), ["s0"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(begun.slice(8), ["s0", "s1"])
      // What may take longer does not hold it up, nor the other way round.
      yield* fork(Connects.behind(server, work("w")))
      yield* breaths
      assert.strictEqual(begun.at(-1), "w")
      yield* Fiber.interruptAll([...openings, ...soon])
    })
  )
})

describe("connects to all servers", () => {
  it.effect("are 12 at once, but one that waits for its server for long holds up nobody", () =>
    Effect.gen(function* () {
      const { begun, letGo, work } = crowd()
      const fibers = yield* Effect.forEach(names(30, "c"), (name) => fork(Connects.among(work(name))))
      yield* breaths
      assert.lengthOf(begun, 12)
      yield* letGo("c0")
      assert.lengthOf(begun, 13)
      yield* TestClock.adjust("199 millis")
      assert.lengthOf(begun, 13)
      yield* TestClock.adjust("1 millis")
      assert.lengthOf(begun, 25)
      yield* Fiber.interruptAll(fibers)
    })
  )

  it.effect("that are given up give their place back once, while they wait for it and while they have it", () =>
    Effect.gen(function* () {
      const { begun, work } = crowd()
      const fibers = yield* Effect.forEach(names(20, "c"), (name) => fork(Connects.among(work(name))))
      yield* breaths
      yield* Fiber.interruptAll(fibers.toReversed())
      const again = yield* Effect.forEach(names(20, "d"), (name) => fork(Connects.among(work(name))))
      yield* breaths
      assert.deepStrictEqual(begun.slice(12), names(12, "d"))
      yield* Fiber.interruptAll(again)
    })
  )
})
