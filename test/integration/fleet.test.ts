// Three processes that share six databases, on the built program: they join, leave, die, freeze, and lose the place where
// they meet. Nothing is lost, and nothing mailed twice.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as fleet from "../support/cluster.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

const threeJoined = Effect.fnUntraced(function* () {
  const stage = yield* fleet.stage(6)
  const [a, b, c] = [yield* stage.join("a"), yield* stage.join("b"), yield* stage.join("c")]
  yield* fleet.until(
    Effect.map(stage.shares, (shares) => JSON.stringify(shares) === JSON.stringify({ a: 2, b: 2, c: 2 }))
  )
  return { ...stage, a, b, c }
})

describe("three processes in a cluster", { timeout: 160_000 }, () => {
  it.live("share the databases evenly, also with one that joins", () =>
    Effect.gen(function* () {
      const { insert, join, shares, standIn } = yield* fleet.stage(6)
      const a = yield* join("a")
      yield* fleet.until(Effect.map(shares, ({ a }) => a === 6))
      yield* standIn.awaitMails(yield* insert)
      yield* join("b")
      yield* join("c")
      yield* fleet.until(Effect.map(shares, ({ a, b, c }) => a === 2 && b === 2 && c === 2))
      yield* standIn.awaitMails(yield* insert)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(12))
      assert.include(a.output(), "runs 2 of 6 databases")
    }).pipe(silently, Effect.timeout("150 seconds"))
  )

  it.live("hand over within 3 s when one is asked to end", () =>
    Effect.gen(function* () {
      const { a, insert, shares, standIn } = yield* threeJoined()
      yield* standIn.awaitMails(yield* insert)
      yield* a.kill("SIGTERM")
      const [took] = yield* Effect.timed(
        Effect.andThen(
          fleet.until(Effect.map(shares, ({ b, c }) => b === 3 && c === 3)),
          Effect.flatMap(insert, standIn.awaitMails)
        )
      )
      assert.isBelow(Duration.toSeconds(took), 3)
      assert.deepInclude(yield* a.ended, { code: 0, signal: null })
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(12))
    }).pipe(silently, Effect.timeout("150 seconds"))
  )

  it.live("mail within 10 s what was left of one that was killed", () =>
    Effect.gen(function* () {
      const { a, insert, standIn } = yield* threeJoined()
      // By then everybody has been heard of for long enough to count as gone when he is silent.
      yield* Effect.sleep("7 seconds")
      yield* a.kill("SIGKILL")
      const [took] = yield* Effect.timed(Effect.flatMap(insert, standIn.awaitMails))
      assert.isBelow(Duration.toSeconds(took), 10)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(6))
    }).pipe(silently, Effect.timeout("150 seconds"))
  )

  it.live("mail nothing twice when one was frozen in the middle of sends and wakes", () =>
    Effect.gen(function* () {
      const { a, admins, insert, shares, standIn } = yield* threeJoined()
      yield* Effect.sleep("7 seconds")
      standIn.latencyMillis = 300
      for (let round = 0; round < 5; round++) yield* insert
      yield* Effect.sleep(200)
      yield* a.kill("SIGSTOP")
      for (let round = 0; round < 5; round++) yield* insert
      yield* fleet.until(Effect.map(shares, ({ b, c }) => b === 3 && c === 3))
      yield* a.kill("SIGCONT")
      standIn.latencyMillis = 5
      yield* fleet.until(Effect.map(shares, ({ a, b, c }) => a === 2 && b === 2 && c === 2))
      yield* insert
      for (const admin of admins) yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(66))
    }).pipe(silently, Effect.timeout("150 seconds"))
  )

  it.live("go on with what they have while the place where they meet is away, and change nothing when it is back", () =>
    Effect.gen(function* () {
      const { a, b, c, insert, server, shares, standIn } = yield* threeJoined()
      yield* standIn.awaitMails(yield* insert)
      const before = [a, b, c].map((worker) => worker.output().split("runs ").length)
      yield* server.stop("immediate")
      for (const worker of [a, b, c]) yield* worker.says("goes on with what it has")
      yield* standIn.awaitMails(yield* insert)
      // Longer than anybody may be silent.
      yield* Effect.sleep("8 seconds")
      yield* standIn.awaitMails(yield* insert)
      yield* server.start
      for (const worker of [a, b, c]) yield* worker.says("answers again")
      yield* Effect.sleep("8 seconds")
      yield* standIn.awaitMails(yield* insert)
      assert.deepStrictEqual(yield* shares, { a: 2, b: 2, c: 2 })
      assert.deepStrictEqual(
        [a, b, c].map((worker) => worker.output().split("runs ").length),
        before
      )
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(24))
    }).pipe(silently, Effect.timeout("150 seconds"))
  )
})
