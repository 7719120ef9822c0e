// Which statements go over the LISTEN connection, and which by the pool: here nobody accepts its connections, which tells.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { SqlError, StatementTimeoutError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import * as Lent from "../src/Lent.ts"
import { config } from "../src/Opening.ts"
import { codeOf } from "../src/SqlOutage.ts"
import { address, canceled, lending } from "./support/lending.ts"

describe("the LISTEN connection", () => {
  it.effect("takes two statements in line, and what comes beyond goes by the pool", () =>
    Effect.gen(function* () {
      const { ask, end, statements } = yield* lending
      const [a, b, c] = [yield* ask("a"), yield* ask("b"), yield* ask("c")]
      assert.strictEqual(yield* Fiber.join(c), "by the pool")
      // Its socket is closed a moment later.
      yield* Effect.promise(() => new Promise((done) => setTimeout(done, 20)))
      yield* end("a")
      assert.strictEqual(yield* Fiber.join(a), "by the line")
      const d = yield* ask("d")
      yield* Effect.forEach(["b", "d"], (text) => end(text))
      assert.deepStrictEqual([yield* Fiber.join(b), yield* Fiber.join(d)], ["by the line", "by the line"])
      assert.deepStrictEqual(statements, ["a", "b", "d"])
    }).pipe(Effect.scoped)
  )

  it.effect("gives what the server ended as too slow to the pool, and is lent no more for a minute", () =>
    Effect.gen(function* () {
      const { ask, end, statements } = yield* lending
      const slow = yield* ask("slow")
      yield* end("slow", canceled)
      assert.strictEqual(yield* Fiber.join(slow), "by the pool")
      assert.strictEqual(yield* Fiber.join(yield* ask("next")), "by the pool")
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* Fiber.join(yield* ask("next")), "by the pool")
      yield* TestClock.adjust("1 second")
      const again = yield* ask("again")
      yield* end("again")
      assert.strictEqual(yield* Fiber.join(again), "by the line")
      assert.deepStrictEqual(statements, ["slow", "again"])
    }).pipe(Effect.scoped)
  )

  it.effect("runs a statement twice for no other failure: whether it was done may be unknown", () =>
    Effect.gen(function* () {
      const { ask, end, statements } = yield* lending
      const lost = yield* ask("lost")
      yield* end("lost", new SqlError({ reason: new StatementTimeoutError({ cause: { code: "ECONNRESET" } }) }))
      assert.strictEqual(yield* Fiber.join(lost), "failed")
      assert.deepStrictEqual(statements, ["lost"])
    }).pipe(Effect.scoped)
  )

  it.effect("finishes a statement that nobody waits for any more, and has no room for others until then", () =>
    Effect.gen(function* () {
      const { ask, end } = yield* lending
      yield* Fiber.interruptAll([yield* ask("a"), yield* ask("b")])
      assert.strictEqual(yield* Fiber.join(yield* ask("c")), "by the pool")
      yield* end("a")
      yield* end("b")
      const d = yield* ask("d")
      yield* end("d")
      assert.strictEqual(yield* Fiber.join(d), "by the line")
    }).pipe(Effect.scoped)
  )

  it.effect("runs what is asked again and again to its end, as whoever asked stays until then", () =>
    Effect.gen(function* () {
      const { ask, end, repeat, statements } = yield* lending
      const asked = yield* Effect.forkChild(repeat("again"), { startImmediately: true })
      const other = yield* ask("other")
      const leaving = yield* Effect.forkChild(Fiber.interrupt(asked), { startImmediately: true })
      assert.strictEqual(yield* Fiber.join(yield* ask("third")), "by the pool")
      assert.isUndefined(leaving.pollUnsafe())
      yield* end("again")
      yield* end("other")
      yield* Fiber.join(leaving)
      assert.strictEqual(yield* Fiber.join(other), "by the line")
      const slow = yield* Effect.forkChild(Effect.flip(repeat("slow")), { startImmediately: true })
      yield* end("slow", canceled)
      assert.strictEqual(codeOf(yield* Fiber.join(slow)), "ECONNREFUSED")
      assert.deepStrictEqual(statements, ["again", "other", "slow"])
    }).pipe(Effect.scoped)
  )

  it.effect("is lent no more once it has ended: what is left to settle goes by the pool", () =>
    Effect.gen(function* () {
      const { ask, close } = yield* lending
      close()
      assert.strictEqual(yield* Fiber.join(yield* ask("a")), "by the pool")
    }).pipe(Effect.scoped)
  )

  it.effect("is waited for by whoever has time, and wants no other connection", () =>
    Effect.gen(function* () {
      const { ask, end, statements } = yield* lending
      yield* ask("a")
      yield* ask("b")
      const patient = yield* Lent.patient(ask("patient"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(statements, ["a", "b"])
      yield* end("a")
      yield* TestClock.adjust("20 millis")
      yield* end("patient")
      assert.strictEqual(yield* Fiber.join(patient), "by the line")
      yield* end("b")
    }).pipe(Effect.scoped)
  )

  it.effect("carries no work that may take seconds", () =>
    Effect.gen(function* () {
      const statements: Array<string> = []
      const query = (text: string) =>
        Effect.sync(() => {
          statements.push(text)
          return { command: "SELECT", rowCount: 0, oid: null, rows: [], fields: [] }
        })
      const own: Lent.Own = {
        pinned: { query, queryValues: () => Effect.succeed([]), stream: () => Stream.empty },
        isOpen: () => true,
        answered: Effect.void
      }
      const ask = (text: string) => Effect.flatMap(SqlClient, (sql) => sql.unsafe(text))
      yield* Effect.gen(function* () {
        yield* ask("short")
        const error = yield* Effect.flip(Lent.unhurried(ask("long")))
        assert.strictEqual(codeOf(error), "ECONNREFUSED")
      }).pipe(Effect.provide(Lent.layer(address, own, { ...config(address, true), maxConnections: 4 })))
      assert.deepStrictEqual(statements, ["short"])
    })
  )

  it.effect("keeps only the statements that are asked again and again", () =>
    Effect.gen(function* () {
      const kept: Array<readonly [string, boolean | undefined]> = []
      const query = (text: string, _: ReadonlyArray<unknown> = [], prepare?: boolean) =>
        Effect.sync(() => {
          kept.push([text, prepare])
          return { command: "SELECT", rowCount: 0, oid: null, rows: [], fields: [] }
        })
      const own: Lent.Own = {
        pinned: { query, queryValues: () => Effect.succeed([]), stream: () => Stream.empty },
        isOpen: () => true,
        answered: Effect.void
      }
      const ask = (text: string) => Effect.flatMap(SqlClient, (sql) => sql.unsafe(text))
      yield* Effect.all([ask("at the start"), Lent.often(ask("for each mail")), ask("every ten minutes")]).pipe(
        Effect.provide(Lent.layer(address, own, { ...config(address, true), maxConnections: 4 }))
      )
      assert.deepStrictEqual(kept, [
        ["at the start", false],
        ["for each mail", true],
        ["every ten minutes", false]
      ])
    })
  )
})
