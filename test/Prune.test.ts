import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import { run } from "../src/Prune.ts"
import { quiet } from "./support/quiet.ts"

const refused = new SqlError({ reason: new ConnectionError({ cause: { code: "ECONNREFUSED" } }) })

/** Each statement takes the next answer: how many rows it deleted, or that it failed; then none. */
const pruning = Effect.fnUntraced(function* (answers: Array<number | "fails">, tables: ReadonlyArray<number>) {
  let statements = 0
  const answer = () =>
    Effect.suspend(() => {
      statements++
      const next = answers.shift() ?? 0
      return next === "fails" ? Effect.fail(refused) : Effect.succeed([{ deleted: next }])
    })
  const sql = Object.assign(answer, { literal: (text: string) => text })
  const { layer, lines } = quiet()
  const fiber = yield* run(tables, Duration.days(30)).pipe(
    Effect.provideService(SqlClient, sql as unknown as SqlClient),
    Effect.provide(layer),
    Effect.forkChild
  )
  yield* TestClock.adjust(0)
  return { fiber, statements: () => statements, said: () => lines.map(({ message }) => message) }
})

describe("pruning", () => {
  it.effect("begins some seconds after the start, and comes again every ten minutes", () =>
    Effect.gen(function* () {
      const { said, statements } = yield* pruning([3], [1, 2])
      yield* TestClock.adjust("19 seconds")
      assert.strictEqual(statements(), 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(statements(), 2)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(statements(), 4)
      assert.deepStrictEqual(said(), ["deleted 3 notices that were settled long ago"])
    })
  )

  it.effect("takes breath between two full batches, and goes on until one is not full", () =>
    Effect.gen(function* () {
      const { statements } = yield* pruning([1000, 1000, 1], [1])
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(statements(), 1)
      yield* TestClock.adjust("200 millis")
      assert.strictEqual(statements(), 2)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(statements(), 3)
    })
  )

  it.effect("that fails stops nothing, and is said once until it succeeds again", () =>
    Effect.gen(function* () {
      const { fiber, said, statements } = yield* pruning(["fails", "fails", 0, "fails"], [1])
      yield* TestClock.adjust("31 minutes")
      assert.strictEqual(statements(), 4)
      assert.isUndefined(fiber.pollUnsafe())
      const failure =
        "settled notices could not be deleted, tried again later: nothing accepts connections at the server's address (ECONNREFUSED)"
      assert.deepStrictEqual(said(), [failure, failure])
      yield* Fiber.interrupt(fiber)
    })
  )
})
