// The stand-in's faults on demand, over real HTTP.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { base64, graphRefusal, mime, started } from "../support/graphCaller.ts"

describe("faults", () => {
  it.effect("hit as often as they say, in their order, and only their mailbox", () =>
    Effect.gen(function* () {
      const { send, standIn } = yield* started()
      const { faults } = standIn
      const from = (mailbox: string) => Effect.map(send(base64(mime()), { from: mailbox }), ({ status }) => status)
      faults.push({ at: "sendMail", mailbox: "B@example.com", times: "forever", kind: { status: 403 } })
      faults.push({ at: "sendMail", times: 2, kind: { status: 503 } }, { at: "sendMail", kind: { status: 500 } })
      faults.push({ at: "messages", kind: { status: 500 } })
      const seen = []
      for (const mailbox of ["a", "b", "a", "a", "b", "a"]) seen.push(yield* from(`${mailbox}@example.com`))
      assert.deepStrictEqual(seen, [503, 403, 503, 500, 403, 202])
      assert.deepStrictEqual(
        faults.pending().map(({ at, times }) => [at, times]),
        [
          ["sendMail", Infinity],
          ["messages", 1]
        ]
      )
      faults.clear()
      assert.strictEqual(yield* from("b@example.com"), 202)
      assert.strictEqual(standIn.mails.length, 2)
    })
  )

  it.effect("answer with the code, the headers and the body they are given", () =>
    Effect.gen(function* () {
      const { send, standIn } = yield* started()
      const { faults } = standIn
      faults.push({ at: "sendMail", kind: { status: 403, code: "ErrorSendAsDenied" } })
      faults.push({ at: "sendMail", kind: { status: 429, headers: { "retry-after": "13" } } })
      faults.push({ at: "sendMail", kind: { status: 500, body: { error: { code: "Odd", innererror: {} } } } })
      faults.push({ at: "sendMail", kind: { status: 503, body: "" } })
      assert.strictEqual(yield* graphRefusal(yield* send()), "403 ErrorSendAsDenied")
      const throttled = yield* send()
      assert.strictEqual(throttled.headers["retry-after"], "13")
      assert.strictEqual(yield* graphRefusal(throttled), "429 ApplicationThrottled")
      assert.strictEqual((yield* send()).body, '{"error":{"code":"Odd","innererror":{}}}')
      assert.strictEqual((yield* send()).body, "")
      assert.strictEqual(standIn.mails.length, 0)
    })
  )

  it.effect("cut the line before or after the mail was accepted", () =>
    Effect.gen(function* () {
      const { send, standIn } = yield* started()
      const kinds = ["reset-before-read", "reset-after-accept", "accept-then-504"] as const
      standIn.faults.push(...kinds.map((kind) => ({ at: "sendMail" as const, kind })))
      assert.strictEqual(yield* Effect.flip(send()), "ECONNRESET")
      assert.strictEqual(standIn.mails.length, 0)
      assert.strictEqual(yield* Effect.flip(send()), "ECONNRESET")
      assert.strictEqual(standIn.mails.length, 1)
      assert.strictEqual(yield* graphRefusal(yield* send()), "504 GatewayTimeout")
      assert.strictEqual(standIn.mails.length, 2)
      assert.deepStrictEqual(standIn.requests.byStatus, { 200: 1, 504: 1 })
    })
  )

  it.live("keep the caller waiting for ever, or for as long as they say", () =>
    Effect.gen(function* () {
      const { send, standIn } = yield* started()
      standIn.faults.push({ at: "sendMail", kind: "hang" }, { at: "sendMail", kind: "hang-after-accept" })
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(send(), "100 millis")))
      assert.strictEqual(standIn.mails.length, 0)
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(send(), "100 millis")))
      assert.strictEqual(standIn.mails.length, 1)
      standIn.faults.push({ at: "sendMail", kind: { delayMillis: 150 } })
      const [slow, reply] = yield* Effect.timed(send())
      assert.strictEqual(reply.status, 202)
      standIn.latencyMillis = 150
      const [later] = yield* Effect.timed(send())
      for (const took of [slow, later]) assert.isAtLeast(Duration.toMillis(took), 145)
    })
  )
})
