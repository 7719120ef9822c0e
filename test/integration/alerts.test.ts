// The whole way of an alert: from the database of two workers to a receiver, over HTTP.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import * as App from "../../src/App.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { receiver } from "../support/receiver.ts"

describe("two workers that look for rows every second", () => {
  it.live("post one alert, and one when it is over, which hold neither secret nor customer data", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage({ wake: "poll", pollEvery: Duration.seconds(1) })
      const { awaitTold, bodies, told, url } = yield* receiver()
      standIn.faults.push({ at: "sendMail", times: 1, kind: { status: 400, code: "ErrorInvalidRecipients" } })
      yield* line.insertInquiry(admin, 1)
      for (let worker = 0; worker < 2; worker++)
        yield* Layer.build(App.layer([database], { webhook: Redacted.make(url) }))
      yield* awaitTold(1)
      // Some polls of both.
      yield* Effect.sleep("3 seconds")
      assert.deepStrictEqual(
        told().map(({ database, event, kind, table }) => [database, event, kind, table]),
        [["autos", "opened", "parked", "public.inquiries"]]
      )
      yield* admin`update inquiries_mailer.outbox set outcome = 'gone' where outcome = 'parked'`
      yield* awaitTold(2)
      yield* Effect.sleep("3 seconds")
      assert.deepStrictEqual(
        told().map(({ event }) => event),
        ["opened", "over"]
      )
      for (const secret of ["person1@example.com", "Person 1", "Question 1", line.passwordOf(database), "invented"]) {
        assert.notInclude(bodies.join(""), secret)
      }
    }).pipe(silently)
  )
})
