// The summary of the benchmark: which bars it says hold, and that a question which fails takes no other with it.
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type Asked, askAll } from "../../scripts/bench/ask.ts"
import { bars, type Findings, summary } from "../../scripts/bench/bars.ts"

/** The cells of the line that begins so. */
const line = (table: string, start: string) =>
  table
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .find(([, first = ""]) => first.startsWith(start))
    ?.slice(2, -1)

const good: Findings = { p50: 1.5, p99: 2.5, drain: 0.9, p50Peer: 0.9, drainPeer: 1.1 }

describe("the summary", () => {
  it("says of each bar what it asks, what was measured, and that it holds", () => {
    const { count, missed, table } = summary(["line"], false, [good])
    assert.deepStrictEqual([count, missed], [3, 0])
    assert.deepStrictEqual(line(table, "line: commit to arrival, p50"), ["≤ 1.50 ×", "1.50 ×", "holds"])
    assert.deepStrictEqual(line(table, "line: drain"), ["≥ 0.90 ×", "0.90 ×", "holds"])
  })

  it("says by how much a bar is missed, whichever way it points", () => {
    const { missed, table } = summary(["line"], false, [{ ...good, p50: 3, drain: 0.3 }])
    assert.strictEqual(missed, 2)
    assert.deepStrictEqual(line(table, "line: commit to arrival, p50")?.at(-1), "missed by 100.0 %")
    assert.deepStrictEqual(line(table, "line: drain")?.at(-1), "missed by 66.7 %")
  })

  it("has a column for each run, and one run that misses is enough", () => {
    const { missed, table } = summary(["line"], false, [good, { ...good, p99: 2.75 }, good])
    assert.strictEqual(missed, 1)
    const cells = ["≤ 2.50 ×", "2.50 ×", "2.75 ×", "2.50 ×", "missed by 10.0 %, 1 of 3 runs"]
    assert.deepStrictEqual(line(table, "line: commit to arrival, p99"), cells)
  })

  it("takes what was not measured, or is no number, for missed", () => {
    const { missed, table } = summary(["line"], false, [{ p50: Number.NaN, p99: 1 }])
    assert.strictEqual(missed, 2)
    assert.strictEqual(line(table, "line: commit to arrival, p50")?.at(-1), "not measured")
    assert.strictEqual(line(table, "line: drain")?.at(-1), "not measured")
  })

  it("asks for what stands beside graphile-worker only where that took part", () => {
    assert.strictEqual(summary(["line"], true, [good]).count, 5)
    assert.strictEqual(summary(["line", "inserts"], false, [{}]).count, 7)
    assert.strictEqual(summary(["line", "inserts"], true, [{}]).count, 11)
  })

  it("has the bars of every question but those of sizes and processes, which have none", () => {
    assert.sameMembers(
      [...new Set(bars.map(([, { question }]) => question))],
      ["start", "line", "share", "inserts", "curves", "databases"]
    )
  })
})

describe("asking", () => {
  const asked = (questions: ReadonlyArray<Asked>, runs = 1) =>
    Effect.gen(function* () {
      const said: Array<string> = []
      const note = (text: string) => void said.push(text)
      const console: Console.Console = Object.assign(Object.create(globalThis.console), { log: note, error: note })
      const asking = yield* Effect.forkChild(
        Effect.result(askAll(questions, runs, false)).pipe(Effect.provideService(Console.Console, console))
      )
      yield* TestClock.adjust("61 minutes")
      return { said: said.join("\n"), result: yield* Fiber.join(asking) }
    })

  const start: Asked = { name: "start", ask: Effect.succeed({ startMillis: 400, startMegabytes: 80 }) }

  it.effect("ends well where every bar holds", () =>
    Effect.gen(function* () {
      const { result, said } = yield* asked([start])
      assert.strictEqual(result._tag, "Success")
      assert.include(said, "every bar holds")
    })
  )

  it.effect("goes on after a question that fails, breaks or hangs, and fails in the end", () =>
    Effect.gen(function* () {
      const { result, said } = yield* asked([
        { name: "line", ask: Effect.fail("floor ended with 1") },
        { name: "share", ask: Effect.die(new Error("nobody thought of it")) },
        { name: "curves", ask: Effect.never },
        start
      ])
      assert.include(said, "✗ line failed: floor ended with 1")
      assert.include(said, "✗ share failed: nobody thought of it")
      assert.include(said, "✗ curves failed:")
      assert.deepStrictEqual(line(said, "start: memory"), ["≤ 90 MB", "80 MB", "holds"])
      assert.deepStrictEqual(line(said, "line: drain")?.at(-1), "not measured")
      assert.deepStrictEqual(
        result._tag === "Failure" && result.failure,
        "line failed, share failed, curves failed, 8 of 10 bars do not hold"
      )
    })
  )

  it.effect("asks everything again in each run", () =>
    Effect.gen(function* () {
      let times = 0
      const ask = Effect.sync((): Findings => ({ startMillis: 400 + 100 * times++, startMegabytes: 80 }))
      const { result, said } = yield* asked([{ name: "start", ask }], 3)
      const cells = ["≤ 500 ms", "400 ms", "500 ms", "600 ms", "missed by 20.0 %, 1 of 3 runs"]
      assert.deepStrictEqual(line(said, "start: from spawn"), cells)
      assert.deepStrictEqual(result._tag === "Failure" && result.failure, "1 of 2 bars do not hold")
    })
  )

  it.effect("fails with what has no bar", () =>
    Effect.gen(function* () {
      const { result } = yield* asked([start, { name: "sizes", ask: Effect.fail("gone") }])
      assert.deepStrictEqual(result._tag === "Failure" && result.failure, "sizes failed")
    })
  )

  it.effect("of what has no bar prints no summary", () =>
    Effect.gen(function* () {
      const { result, said } = yield* asked([{ name: "sizes", ask: Effect.succeed({}) }])
      assert.strictEqual(result._tag, "Success")
      assert.notInclude(said, "the bars")
    })
  )
})
