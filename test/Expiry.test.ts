// In which steps somebody hears that a secret ends.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { type Database, DatabaseName } from "../src/Database.ts"
import * as Expiry from "../src/Expiry.ts"
import * as IncidentBook from "../src/IncidentBook.ts"
import { watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const ending = (name: string, expires: string | undefined, overrides: Partial<Database> = {}): Database => ({
  ...watched.database,
  name: DatabaseName.make(name),
  ...overrides,
  credential: {
    ...watched.database.credential,
    clientId: "app",
    proof: { _tag: "Secret", secret: Redacted.make("a secret"), expires }
  }
})

const day = (written: string) => DateTime.makeUnsafe(`${written}T23:59:59Z`)
const autos = ending("autos", "2027-03-31")

describe("a client secret that ends on 31 March", () => {
  it.each([
    ["2027-02-28", undefined, 31],
    ["2027-03-01", 30, 30],
    ["2027-03-16", 30, 15],
    ["2027-03-17", 14, 14],
    ["2027-03-24", 7, 7],
    ["2027-03-29", 7, 2],
    ["2027-03-30", 1, 1],
    ["2027-03-31", 1, 0],
    ["2027-04-01", 0, -1]
  ] as const)("is on %s at the step %s", (today, step, days) => {
    assert.deepStrictEqual(Expiry.ending(autos.credential, day(today)), { day: "2027-03-31", step, days })
  })

  it("is nothing to tell of where nobody has said it", () => {
    assert.deepStrictEqual(Expiry.findings(ending("autos", undefined), day("2027-03-31")), [])
  })

  it("is told of by the first of the databases that send with it, one with an outbox before all others", () => {
    const all = [
      ending("a", "2027-03-31", { capture: "notify" }),
      autos,
      ending("c", "2027-03-31"),
      ending("d", "2028-03-31")
    ]
    assert.deepStrictEqual(
      [...Expiry.tellers(all)].map(({ name }) => String(name)),
      ["autos", "d"]
    )
    assert.deepStrictEqual(Expiry.findings(Expiry.silent(autos), day("2027-04-01")), [])
  })

  it.effect("is told of once a step, from month to month, and that it was renewed", () =>
    Effect.gen(function* () {
      const book = IncidentBook.inMemory("autos")
      const told: Array<string> = []
      yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe("2027-02-20")))
      for (let hour = 0; hour < 45 * 24; hour += 6) {
        const now = yield* DateTime.now
        const renewed = hour > 42 * 24
        for (const message of yield* book.note(renewed ? [] : Expiry.findings(autos, now), ["expiry"])) {
          yield* book.told(message)
          told.push(`${DateTime.formatIsoDateUtc(now)} ${message.event}`)
        }
        yield* TestClock.adjust("6 hours")
      }
      assert.deepStrictEqual(told, [
        "2027-03-01 opened",
        "2027-03-17 opened",
        "2027-03-24 opened",
        "2027-03-30 opened",
        "2027-04-01 opened",
        "2027-04-03 over"
      ])
    })
  )

  it.effect("is in the log once a step, without the secret", () => {
    const { layer, lines } = quiet()
    return Effect.gen(function* () {
      yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe("2027-02-20")))
      yield* Effect.forkChild(Expiry.watch([autos, ending("second", "2027-03-31")]))
      yield* TestClock.adjust("45 days")
      assert.lengthOf(lines, 5)
      assert.include(lines[0]?.message, "application app ends on 2027-03-31, in 30 days or less")
      assert.include(lines[4]?.message, "ended on 2027-03-31")
      assert.notInclude(JSON.stringify(lines), "a secret")
    }).pipe(Effect.provide(layer))
  })
})
