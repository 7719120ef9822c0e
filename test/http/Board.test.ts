// What pages that are open are shown, and how seldom the databases are asked for it.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Board from "../../src/http/Board.ts"
import type { Counts, DatabaseStatus } from "../../src/StatusDocument.ts"
import { counted } from "../support/routes.ts"

const sound = (name: string, overrides: Partial<DatabaseStatus> = {}): DatabaseStatus => ({
  ...{ name, condition: "sound", state: "listening", reason: null, since: "1970-01-01T00:00:00.000Z" },
  ...{ nextAttempt: null, crashes: 0, restarts: 0, mailbox: null, runBy: null, counts: null },
  ...overrides
})

const staged = Effect.fnUntraced(function* (names: ReadonlyArray<string>, atMostEvery = Duration.zero) {
  const statuses = new Map(names.map((name) => [name, sound(name)]))
  const asked: Array<string> = []
  const answers = { counts: counted as Counts | null, mailed: 0, looks: 0 }
  const board = yield* Board.make({
    fare: Effect.sync(() => {
      answers.looks++
      return [...statuses.values()]
    }),
    count: (name) => Effect.sync(() => (asked.push(name), answers.counts)),
    paces: new Map(names.map((name) => [name, { activity: Effect.sync(() => answers.mailed), atMostEvery }]))
  })
  const cardsSince = (change: number | null) => board.since(change).cards.map((text) => JSON.parse(text))
  return { answers, asked, board, cardsSince, statuses }
})

const watch = (board: Board.Board) => Effect.forkChild(board.watched(Effect.never), { startImmediately: true })

describe("the board", () => {
  it.effect("looks at nothing and asks nobody while no page is open", () =>
    Effect.gen(function* () {
      const { answers, asked, board } = yield* staged(["autos"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([answers.looks, asked], [0, []])
      const watcher = yield* watch(board)
      yield* TestClock.adjust("10 seconds")
      assert.isAbove(answers.looks, 10)
      yield* Fiber.interrupt(watcher)
      yield* TestClock.adjust("1 second")
      const looks = answers.looks
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(answers.looks, looks)
    })
  )

  it.effect("has every card at once, and then only those that changed", () =>
    Effect.gen(function* () {
      const { answers, board, cardsSince, statuses } = yield* staged(["autos", "quotes"])
      yield* watch(board)
      assert.deepStrictEqual(
        cardsSince(null).map(({ name }) => name),
        ["autos", "quotes"]
      )
      yield* TestClock.adjust("2 seconds")
      const { change } = board.since(null)
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(cardsSince(change), [])
      const news = yield* Effect.forkChild(board.after(change), { startImmediately: true })
      statuses.set(
        "quotes",
        sound("quotes", { condition: "down", state: "waiting", nextAttempt: "1970-01-01T00:01:00Z" })
      )
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(news)
      assert.deepStrictEqual(
        cardsSince(change).map(({ name, state }) => [name, state]),
        [["quotes", "waiting"]]
      )
      answers.counts = { ...counted, waiting: 9 }
      yield* TestClock.adjust("6 seconds")
      const [autos, quotes] = cardsSince(null)
      assert.deepStrictEqual([autos.counts.waiting, autos.countedAt], [9, null])
      assert.strictEqual(quotes.counts.waiting, counted.waiting, "what was known last")
      assert.isString(quotes.countedAt)
    })
  )

  it.effect("asks a database every five seconds, one that sleeps between polls no more often than it is polled", () =>
    Effect.gen(function* () {
      for (const [atMostEvery, times] of [
        [Duration.zero, 12],
        [Duration.minutes(5), 0]
      ] as const) {
        const { asked, board } = yield* staged(["autos"], atMostEvery)
        yield* watch(board)
        yield* TestClock.adjust("1 second")
        const before = asked.length
        assert.strictEqual(before, 1)
        yield* TestClock.adjust("1 minute")
        assert.isAtMost(Math.abs(asked.length - before - times), 1)
      }
    })
  )

  it.effect("asks at once after a mail and after what an operator did here, and never one that is away", () =>
    Effect.gen(function* () {
      const { answers, asked, board, statuses } = yield* staged(["autos"], Duration.minutes(5))
      yield* watch(board)
      yield* TestClock.adjust("2 seconds")
      assert.lengthOf(asked, 1)
      answers.mailed++
      yield* TestClock.adjust("1 second")
      assert.lengthOf(asked, 2)
      board.touch("autos")
      yield* TestClock.adjust("1 second")
      assert.lengthOf(asked, 3)
      statuses.set("autos", sound("autos", { condition: "down", state: "waiting" }))
      yield* TestClock.adjust("1 second")
      board.touch("autos")
      yield* TestClock.adjust("20 seconds")
      assert.lengthOf(asked, 3)
    })
  )

  it.effect("asks each of 500 databases once in 50 seconds, a few at a time", () =>
    Effect.gen(function* () {
      const { asked, board } = yield* staged(Array.from({ length: 500 }, (_, n) => `d${n}`))
      yield* watch(board)
      yield* TestClock.adjust("20 seconds")
      assert.lengthOf(asked, 500)
      yield* TestClock.adjust("45 seconds")
      assert.isAtMost(asked.length, 1_000)
    })
  )
})
