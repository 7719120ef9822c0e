// When the receipt is sent while no database can be asked, on a clock of our own: nothing listens where they should be.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Database } from "../src/Database.ts"
import { Mailer, Transient } from "../src/Mailer.ts"
import * as Receipt from "../src/Receipt.ts"
import { fakes, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

/** Connections are refused by the real network, in real time. */
const breath = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 15)))

const pass = (minutes: number) =>
  Effect.forEach(Array.from({ length: minutes }), () => Effect.andThen(TestClock.adjust("1 minute"), breath), {
    discard: true
  })

/** A worker that starts at this time of 24 November and sends at 08:00, and what it has sent. */
const worker = Effect.fnUntraced(function* (start: string, overrides: Partial<Database>, failures = 0) {
  yield* TestClock.setTime(DateTime.toEpochMillis(DateTime.makeUnsafe(`2026-11-24T${start}Z`)))
  let left = failures
  const { layer, mails } = fakes({
    answer: () => (left-- > 0 ? new Transient({ detail: "away", retryAfter: undefined }) : undefined)
  })
  const mailer = yield* Effect.provide(Effect.flatMap(Mailer, Effect.succeed), layer)
  const ways = [{ credential: 0, from: "noreply@example.com", databases: ["autos"], mailer }]
  const times = { hour: 8, minute: 0, timeZone: "UTC", to: ["office@example.com"] }
  const databases = [{ ...watched.database, ...overrides }]
  yield* Effect.forkChild(Receipt.run({ ...times, ways, databases, awaySince: () => undefined }))
  return mails
})

describe("the receipt, while no database can be asked,", () => {
  it.effect("waits an hour for one that says who sends it, and is then sent all the same, once", () => {
    const { layer, lines } = quiet()
    return Effect.gen(function* () {
      const mails = yield* worker("09:00:00", {})
      yield* pass(55)
      assert.lengthOf(mails, 0)
      yield* pass(20)
      assert.lengthOf(mails, 1)
      assert.include(mails[0]?.subject, "23 Nov 2026: autos could not be asked; nothing is known of any row")
      yield* pass(20)
      assert.lengthOf(mails, 1)
      assert.deepStrictEqual(
        lines.map(({ message }) => message),
        [
          "the receipt waits for a database that can be asked whether another worker sends it",
          "the receipt of 2026-11-23 was mailed to 1 address"
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("where nothing is installed anyway, comes at its time and not after a start past it", () =>
    Effect.gen(function* () {
      const late = yield* worker("09:00:00", { capture: "notify" })
      yield* pass(90)
      assert.lengthOf(late, 0)
      const early = yield* worker("07:55:00", { capture: "notify" }, 2)
      yield* pass(3)
      assert.lengthOf(early, 0)
      yield* pass(12)
      // Refused twice, and then taken.
      assert.lengthOf(early, 3)
      yield* pass(10)
      assert.lengthOf(early, 3)
    }).pipe(Effect.provide(quiet().layer))
  )
})
