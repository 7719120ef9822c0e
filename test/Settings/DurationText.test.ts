// Spans of time in settings, in both forms.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { asJson, complete, entry, refused, settle } from "./harness.ts"

const pollEvery = (variables: Readonly<Record<string, string>>) =>
  Effect.map(settle({ ...complete, ...variables }), ({ databases }) => Duration.format(databases[0]!.pollEvery))

describe("a span of time", () => {
  it.effect("is a number and its unit", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* pollEvery({ POLL_EVERY: "90 seconds" }), "1m 30s")
      assert.strictEqual(yield* pollEvery({ POLL_EVERY: "1 hour" }), "1h")
      assert.strictEqual(yield* pollEvery({ POLL_EVERY: "0.5 minutes" }), "30s")
      const { databases } = yield* settle(asJson({ ...entry, retention: "90 days" }))
      assert.strictEqual(Duration.toDays(databases[0]!.retention), 90)
    })
  )

  it.effect("has a default that fits how rows are noticed", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* pollEvery({}), "1m")
      assert.strictEqual(yield* pollEvery({ WAKE: "poll" }), "5m")
    })
  )

  for (const [wrong, problem] of [
    ["soon", /must be a number and seconds, minutes, hours or days/],
    ["15", /must be a number and/],
    ["-5 minutes", /must be a number and/],
    ["1 second", /must be between 10 seconds and 1 day/],
    ["2 days", /must be between/]
  ] as const) {
    it.effect(`is not ${JSON.stringify(wrong)}`, () =>
      Effect.gen(function* () {
        const { issues } = yield* refused({ ...complete, POLL_EVERY: wrong })
        assert.deepStrictEqual(
          issues.map(({ at }) => at),
          ["POLL_EVERY"]
        )
        assert.match(issues[0].problem, problem)
      })
    )
  }
})

describe("a database that is polled", () => {
  it.effect("needs the outbox: who lives on notifications has to listen", () =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...complete, WAKE: "poll", CAPTURE: "notify" })
      assert.deepStrictEqual(
        issues.map(({ at }) => at),
        ["WAKE"]
      )
      assert.match(issues[0].problem, /CAPTURE is notify/)
      yield* settle({ ...complete, WAKE: "poll", CAPTURE: "auto" })
    })
  )
})
