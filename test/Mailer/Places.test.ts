import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { Places } from "../../src/Mailer/Places.ts"

/** Two places, and who has taken some, in order. */
const setup = () => {
  const places = new Places(2)
  const taken: Array<string> = []
  const take = (name: string, count = 1) =>
    Effect.forkChild(
      Effect.andThen(
        places.take(count),
        Effect.sync(() => void taken.push(name))
      ),
      { startImmediately: true }
    )
  return { places, take, taken }
}

describe("places", () => {
  it.effect("are taken at once while there are some, and given in the order of the line", () =>
    Effect.gen(function* () {
      const { places, take, taken } = setup()
      assert.isTrue(places.takeNow(1))
      yield* take("first")
      yield* take("second")
      yield* take("third")
      assert.deepStrictEqual(taken, ["first"])
      assert.isFalse(places.takeNow(1))
      places.give(1)
      assert.deepStrictEqual(taken, ["first", "second"])
      places.give(2)
      assert.deepStrictEqual(taken, ["first", "second", "third"])
      assert.isTrue(places.takeNow(1))
      assert.isFalse(places.takeNow(1))
    })
  )

  it.effect("what throws in a place that was waited for fails whose it is, and not whoever gave the place", () =>
    Effect.gen(function* () {
      const { places, take, taken } = setup()
      assert.isTrue(places.takeNow(2))
      const broken = () => {
        throw new Error("broken")
      }
      const fiber = yield* Effect.forkChild(Effect.uninterruptible(places.takeFor(broken)), { startImmediately: true })
      yield* take("next")
      places.give(1)
      assert.strictEqual((yield* Fiber.await(fiber))._tag, "Failure")
      places.give(1)
      assert.deepStrictEqual(taken, ["next"])
    })
  )

  it.effect("are kept for one who waits for several, in the order of the line", () =>
    Effect.gen(function* () {
      const { places, take, taken } = setup()
      assert.isTrue(places.takeNow(2))
      yield* take("both", 2)
      yield* take("one")
      places.give(1)
      assert.isFalse(places.takeNow(1))
      assert.deepStrictEqual(taken, [])
      places.give(1)
      assert.deepStrictEqual(taken, ["both"])
      places.give(2)
      assert.deepStrictEqual(taken, ["both", "one"])
    })
  )

  it.effect("who is interrupted while he waits takes none, and those behind him are served", () =>
    Effect.gen(function* () {
      const { places, take, taken } = setup()
      assert.isTrue(places.takeNow(1))
      const both = yield* take("both", 2)
      yield* take("one")
      assert.deepStrictEqual(taken, [])
      yield* Fiber.interrupt(both)
      assert.deepStrictEqual(taken, ["one"])
      const none = yield* take("none")
      yield* Fiber.interrupt(none)
      places.give(2)
      assert.deepStrictEqual(taken, ["one"])
      assert.isTrue(places.takeNow(2))
    })
  )

  it.effect("are passed on to the end of a long line by those who need them no more", () =>
    Effect.gen(function* () {
      const { places } = setup()
      assert.isTrue(places.takeNow(2))
      let served = 0
      const passing = Effect.andThen(
        places.take(1),
        Effect.sync(() => {
          served++
          places.give(1)
        })
      )
      const all = yield* Effect.replicateEffect(Effect.forkChild(passing, { startImmediately: true }), 20_000)
      places.give(1)
      assert.strictEqual(served, 20_000)
      yield* Fiber.joinAll(all)
      places.give(1)
      assert.isTrue(places.takeNow(2))
    })
  )

  it.effect("one is taken for as long as some work lasts, however that ends", () =>
    Effect.gen(function* () {
      const { places } = setup()
      const done = yield* Deferred.make<void>()
      const working = yield* Effect.forkChild(places.within(Deferred.await(done)), { startImmediately: true })
      assert.isFalse(places.takeNow(2))
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(working)
      assert.strictEqual(yield* Effect.flip(places.within(Effect.fail("no"))), "no")
      const endless = yield* Effect.forkChild(places.within(Effect.never), { startImmediately: true })
      yield* Fiber.interrupt(endless)
      assert.isTrue(places.takeNow(2))
    })
  )
})
