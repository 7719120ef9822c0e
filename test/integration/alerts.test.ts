// The whole way of an alert: from the database of two workers to a receiver, over HTTP.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Redacted } from "effect"
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

  it.live("mail one warning that the secret ends soon, one of what is parked, and none for the customer to see", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage({ wake: "poll", pollEvery: Duration.seconds(1) })
      const { credential } = database
      const expires = DateTime.formatIsoDateUtc(DateTime.add(yield* DateTime.now, { days: 10 }))
      const secret = Redacted.make("an-invented-secret")
      const ending = { ...database, credential: { ...credential, proof: { _tag: "Secret", secret, expires } as const } }
      standIn.faults.push({ at: "sendMail", times: 1, kind: { status: 400, code: "ErrorInvalidRecipients" } })
      yield* line.insertInquiry(admin, 1)
      while ((yield* line.outcomes(admin)).length === 0) yield* Effect.sleep("20 millis")
      const alertEmail = ["it@example.com"]
      yield* Layer.build(App.layer([database]))
      yield* line.allSettled(admin)
      for (let worker = 0; worker < 2; worker++) yield* Layer.build(App.layer([ending], { alertEmail }))
      const told = Effect.gen(function* () {
        const subjects: Array<string> = []
        for (const { parsed } of standIn.mails) {
          const { html = "", subject = "", text = "", to = [] } = yield* parsed
          assert.deepStrictEqual(
            to.map(({ address }) => address),
            ["it@example.com"]
          )
          for (const never of ["person1", "Person 1", "Question 1", "an-invented-secret", line.passwordOf(database)]) {
            assert.notInclude(subject + text + html, never)
          }
          subjects.push(`${subject} ${text}`)
        }
        return subjects.join("\n")
      })
      while (!/parked[^]*14 days|14 days[^]*parked/.test(yield* told)) yield* Effect.sleep("50 millis")
      const before = standIn.mails.length
      yield* Effect.sleep("6 seconds")
      assert.strictEqual(standIn.mails.length, before)
      assert.strictEqual([...(yield* told).matchAll(new RegExp(`ends on ${expires}, in 14 days`, "g"))].length, 1)
    }).pipe(silently)
  )
})
