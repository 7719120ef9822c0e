// Bursts in settings, in both forms.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { asJson, complete, entry, refused, settle } from "./harness.ts"

const tables = [{ table: "inquiries", burst: "20 in 5 minutes" }]

describe("a burst", () => {
  it.effect("is a number of rows in a span of time, and none where none is given", () =>
    Effect.gen(function* () {
      const numbered = yield* settle({ ...complete, BURST: "20 in 5 minutes" })
      const json = yield* settle(asJson({ ...entry, tables }))
      for (const { databases } of [numbered, json]) {
        assert.deepStrictEqual(databases[0]!.tables[0]!.burst, { rows: 20, within: Duration.minutes(5) })
      }
      assert.isUndefined((yield* settle(complete)).databases[0]!.tables[0]!.burst)
    })
  )

  for (const [wrong, problem] of [
    ["20", /must be a number of rows, the word in, and seconds, minutes or hours/],
    ["many in 5 minutes", /must be a number of rows/],
    ["20 in a while", /must be a number of rows/],
    ["0 in 5 minutes", /must be between 1 and 1000 rows/],
    ["20 in 1 day", /must be within 1 second to 12 hours/]
  ] as const) {
    it.effect(`is not ${JSON.stringify(wrong)}`, () =>
      Effect.gen(function* () {
        const { issues } = yield* refused({ ...complete, BURST: wrong })
        assert.deepStrictEqual(
          issues.map(({ at }) => at),
          ["BURST"]
        )
        assert.match(issues[0].problem, problem)
      })
    )
  }

  it.effect("needs the outbox, which knows of each row in which mail it is", () =>
    Effect.gen(function* () {
      for (const CAPTURE of ["notify", "auto"]) {
        const { issues } = yield* refused({ ...complete, BURST: "20 in 5 minutes", CAPTURE })
        assert.deepStrictEqual(
          issues.map(({ at }) => at),
          ["BURST"]
        )
        assert.match(issues[0].problem, /needs the outbox.*CAPTURE must be outbox/)
      }
    })
  )
})
