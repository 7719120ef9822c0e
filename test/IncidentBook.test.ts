// The book in memory; test/integration/incidents.test.ts has the one in the outbox.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Finding, Kind } from "../src/Incident.ts"
import * as IncidentBook from "../src/IncidentBook.ts"

const finding = (kind: Kind, detail = ""): Finding => ({ kind, table: "", detail })
const unreachable = finding("unreachable", "It is away.")
const complete: ReadonlyArray<Kind> = ["unreachable"]

const setup = () => {
  const book = IncidentBook.inMemory("autos")
  const note = Effect.fnUntraced(function* (...findings: ReadonlyArray<Finding>) {
    return yield* book.note(findings, complete)
  })
  /** What is handed out and told. */
  const telling = Effect.fnUntraced(function* (...findings: ReadonlyArray<Finding>) {
    const messages = yield* note(...findings)
    for (const message of messages) yield* book.told(message)
    return messages.map(({ event }) => event)
  })
  return { book, note, telling }
}

describe("an incident in memory", () => {
  it.effect("is told when it begins, a day later, and when it is over, however often it is found", () =>
    Effect.gen(function* () {
      const { telling } = setup()
      assert.deepStrictEqual(yield* telling(unreachable), ["opened"])
      for (let hour = 1; hour < 24; hour++) {
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* telling(finding("unreachable", `Away for ${hour} h.`)), [])
      }
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* telling(unreachable), ["reminder"])
      assert.deepStrictEqual(yield* telling(unreachable), [])
      assert.deepStrictEqual(yield* telling(), ["over"])
      assert.deepStrictEqual(yield* telling(), [])
      assert.deepStrictEqual(yield* telling(unreachable), ["opened"])
    })
  )

  it.effect("tells when it began and how it stands now", () =>
    Effect.gen(function* () {
      const { note } = setup()
      yield* note(unreachable)
      yield* TestClock.adjust("2 minutes")
      const [message] = yield* note(finding("unreachable", "Still away."))
      assert.strictEqual(message?.since.epochMilliseconds, 0)
      assert.strictEqual(message?.detail, "Still away.")
    })
  )

  it.effect("that nobody took is handed out again after 2 minutes, then 4, 8, … up to an hour", () =>
    Effect.gen(function* () {
      const { note } = setup()
      const handed: Array<number> = []
      for (let minute = 0; minute < 200; minute++) {
        if ((yield* note(unreachable)).length > 0) handed.push(minute)
        yield* TestClock.adjust("1 minute")
      }
      assert.deepStrictEqual(handed, [0, 2, 6, 14, 30, 62, 126, 190])
    })
  )

  it.effect("of which nobody had heard is not told to be over", () =>
    Effect.gen(function* () {
      const { note } = setup()
      assert.lengthOf(yield* note(unreachable), 1)
      assert.deepStrictEqual(yield* note(), [])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* note(), [])
    })
  )

  it.effect("that begins anew while its end is told is told anew", () =>
    Effect.gen(function* () {
      const { book, note, telling } = setup()
      yield* telling(unreachable)
      const [over] = yield* note()
      yield* note(unreachable)
      yield* book.told(over!)
      assert.deepStrictEqual(yield* telling(unreachable), ["opened"])
    })
  )

  it.effect("is over only where somebody looked for its kind", () =>
    Effect.gen(function* () {
      const { book, telling } = setup()
      const quarantine = finding("quarantine")
      assert.deepStrictEqual(yield* telling(quarantine, unreachable), ["opened", "opened"])
      assert.deepStrictEqual(yield* telling(), ["over"])
      assert.deepStrictEqual(
        (yield* book.note([], ["quarantine"])).map(({ kind }) => kind),
        ["quarantine"]
      )
    })
  )
})
