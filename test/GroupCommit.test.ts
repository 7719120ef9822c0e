import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as GroupCommit from "../src/GroupCommit.ts"

/** A commit that notes what each statement was asked, and waits in it for `open`. */
const committing = Effect.fnUntraced(function* (
  end: (asked: string) => Exit.Exit<void, string> | undefined,
  gathers?: (asked: string) => boolean
) {
  const statements: Array<string> = []
  const open = yield* Deferred.make<void>()
  const commit = yield* GroupCommit.make<string, string>(
    (entries) =>
      Effect.gen(function* () {
        statements.push(entries.map(({ asked }) => asked).join(" "))
        yield* Deferred.await(open)
        for (const { answer, asked } of entries) {
          const exit = end(asked)
          if (exit !== undefined) answer(exit)
        }
        if (entries.some(({ asked }) => asked === "broken")) return yield* Effect.fail("the statement failed")
      }),
    gathers
  )
  const ask = (asked: string) => Effect.forkChild(commit(asked), { startImmediately: true })
  return { ask, open: Deferred.succeed(open, undefined), statements }
})

const breaths = Effect.replicateEffect(Effect.yieldNow, 10, { discard: true })

describe("a group commit", () => {
  it.effect("takes along what is asked in the same breath, and gathers the rest while a statement is under way", () =>
    Effect.gen(function* () {
      const { ask, open, statements } = yield* committing(() => Exit.void)
      const first = [yield* ask("a"), yield* ask("b")]
      yield* breaths
      const second = [yield* ask("c"), yield* ask("d")]
      yield* breaths
      assert.deepStrictEqual(statements, ["a b"])
      yield* open
      yield* Fiber.joinAll([...first, ...second])
      yield* Fiber.join(yield* ask("e"))
      assert.deepStrictEqual(statements, ["a b", "c d", "e"])
    })
  )

  it.effect("lets what nobody waits for gather a moment, and no longer than until somebody waits", () =>
    Effect.gen(function* () {
      const { ask, open, statements } = yield* committing(
        () => Exit.void,
        (asked) => asked !== "urgent"
      )
      yield* open
      const first = [yield* ask("a")]
      yield* breaths
      first.push(yield* ask("b"))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(statements, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(statements, ["a b"])
      yield* Fiber.joinAll(first)
      const second = [yield* ask("c")]
      yield* breaths
      second.push(yield* ask("urgent"))
      yield* Fiber.joinAll(second)
      assert.deepStrictEqual(statements, ["a b", "c urgent"])
    })
  )

  it.effect("answers each for itself, and fails those that a failed statement left without an answer", () =>
    Effect.gen(function* () {
      const { ask, open } = yield* committing((asked) =>
        asked === "good" ? Exit.void : asked === "refused" ? Exit.fail("not yours") : undefined
      )
      const fibers = [yield* ask("good"), yield* ask("refused"), yield* ask("broken")]
      yield* open
      const exits = yield* Effect.forEach(fibers, Fiber.await)
      assert.deepStrictEqual(exits, [Exit.void, Exit.fail("not yours"), Exit.fail("the statement failed")])
    })
  )

  it.effect("leaves nobody waiting whom a statement forgot", () =>
    Effect.gen(function* () {
      const { ask, open } = yield* committing(() => undefined)
      const forgotten = yield* ask("forgotten")
      yield* open
      assert.isTrue(Exit.hasDies(yield* Fiber.await(forgotten)))
    })
  )

  it.effect("asks nothing for who was interrupted before his statement began", () =>
    Effect.gen(function* () {
      const { ask, open, statements } = yield* committing(() => Exit.void)
      const first = yield* ask("a")
      yield* breaths
      const gone = yield* ask("b")
      const stays = yield* ask("c")
      yield* Fiber.interrupt(gone)
      yield* open
      yield* Fiber.joinAll([first, stays])
      assert.deepStrictEqual(statements, ["a", "c"])
    })
  )

  it.effect("sends a second statement beside one that is held up, and no third", () =>
    Effect.gen(function* () {
      const { ask, open, statements } = yield* committing(() => Exit.void)
      const held = yield* ask("held")
      yield* breaths
      const other = yield* ask("other")
      yield* TestClock.adjust("19 millis")
      assert.deepStrictEqual(statements, ["held"])
      yield* TestClock.adjust("1 millis")
      yield* breaths
      assert.deepStrictEqual(statements, ["held", "other"])
      const third = yield* ask("third")
      yield* TestClock.adjust("1 minute")
      yield* breaths
      assert.deepStrictEqual(statements, ["held", "other"])
      yield* open
      yield* Fiber.joinAll([held, other, third])
      assert.deepStrictEqual(statements, ["held", "other", "third"])
    })
  )
})
