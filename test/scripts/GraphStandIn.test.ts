// The stand-in's Graph, over real HTTP: sendMail, the search by Message-ID, the limit in flight, waiting for mails.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, PubSub } from "effect"
import { TestClock } from "effect/testing"
import { base64, call, getToken, graphRefusal, mime, search, sendMail, started } from "../support/graphCaller.ts"

/** Real time: the stand-in's requests travel over real sockets. */
const until = Effect.fnUntraced(function* (condition: () => boolean) {
  for (let turn = 0; turn < 500 && !condition(); turn++) yield* TestClock.withLive(Effect.sleep(5))
  assert.isTrue(condition())
})

describe("sendMail", () => {
  it.effect("accepts a MIME message with 202 and nothing else, and keeps it", () =>
    Effect.gen(function* () {
      const { send, standIn } = yield* started()
      const message = mime({ "Message-ID": "\r\n <folded@example.com>", "Reply-To": "Zoë <z@example.org>" }, "Grüße ✓")
      const reply = yield* send(base64(message), { from: "A@Example.com", headers: { "client-request-id": "c-1" } })
      assert.strictEqual(reply.status, 202)
      assert.strictEqual(reply.body, "")
      assert.strictEqual(reply.headers["client-request-id"], "c-1")
      assert.match(String(reply.headers["request-id"]), /^[0-9a-f-]{36}$/)
      const [mail] = standIn.mails
      assert.strictEqual(mail?.raw, message)
      assert.strictEqual(mail?.mailbox, "a@example.com")
      assert.strictEqual(mail?.messageId, "<folded@example.com>")
      assert.strictEqual(mail?.clientRequestId, "c-1")
      const parsed = yield* (mail ?? assert.fail("no mail")).parsed
      assert.strictEqual(parsed.subject, "Hi")
      assert.strictEqual(parsed.text?.trim(), "Grüße ✓")
      assert.deepStrictEqual(parsed.replyTo, [{ name: "Zoë", address: "z@example.org" }])
      assert.deepStrictEqual(standIn.requests, { token: 1, sendMail: 1, messages: 0, byStatus: { 200: 1, 202: 1 } })
    })
  )

  it.effect("refuses what Graph refuses, in Graph's words", () =>
    Effect.gen(function* () {
      const { refusal, send, standIn } = yield* started({ mailboxes: ["a@example.com"] })
      assert.strictEqual(yield* refusal("no base64!"), "400 ErrorMimeContentInvalidBase64String")
      assert.strictEqual(yield* refusal("abcde"), "400 ErrorMimeContentInvalidBase64String")
      assert.strictEqual(yield* refusal(base64("no header here")), "400 ErrorMimeContentInvalid")
      assert.strictEqual(yield* refusal(base64(mime({ To: "" }))), "400 ErrorInvalidRecipients")
      assert.strictEqual(yield* refusal(base64(mime()), { from: "b@example.com" }), "404 ErrorInvalidUser")
      const json = { headers: { "content-type": "application/json" } }
      assert.strictEqual(yield* refusal("{}", json), "400 ErrorInvalidRequest")
      const large = base64("x".repeat(3 * 1024 * 1024))
      assert.strictEqual(yield* refusal(`${large}AAAA`), "413 ErrorMessageSizeExceeded")
      assert.strictEqual(yield* refusal(large), "400 ErrorMimeContentInvalid")
      assert.strictEqual(yield* refusal("A".repeat(20 * 1024 * 1024)), "413 ErrorMessageSizeExceeded")
      assert.strictEqual(standIn.mails.length, 0)
      assert.strictEqual((yield* send(base64(mime({ To: "", Bcc: "\r\n b@example.com" })))).status, 202)
      assert.strictEqual((yield* call(`${standIn.origin}/v1.0/me`)).status, 404)
    })
  )

  it.effect("serves four requests of one application in one mailbox at once and throttles the fifth", () =>
    Effect.gen(function* () {
      const { refusal, send, standIn } = yield* started()
      standIn.faults.push({ at: "sendMail", times: 4, kind: "hang" })
      const hanging = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 4 }, () => send()),
          { concurrency: 4 }
        )
      )
      yield* until(() => standIn.requests.sendMail === 4)
      const fifth = yield* send()
      assert.strictEqual(yield* graphRefusal(fifth), "429 ApplicationThrottled")
      assert.strictEqual(fifth.headers["retry-after"], "1")
      assert.strictEqual((yield* send(base64(mime()), { from: "other@example.com" })).status, 202)
      const app2 = yield* getToken(standIn.origin, { client_id: "app-2" })
      assert.strictEqual((yield* sendMail(standIn.origin, app2, base64(mime()))).status, 202)
      assert.deepStrictEqual(
        [...standIn.maxInFlight],
        [
          ["a@example.com", 5],
          ["other@example.com", 1]
        ]
      )
      assert.strictEqual(yield* refusal(), "429 ApplicationThrottled")
      yield* Fiber.interrupt(hanging)
      yield* until(() => standIn.requests.byStatus[429] === 2)
      // Those who hung up have left their places, which the server learns a moment later.
      yield* TestClock.withLive(Effect.sleep(50))
      assert.strictEqual((yield* send()).status, 202)
    })
  )
})

describe("messages", () => {
  it.effect("finds a mail by its Message-ID in its own mailbox, after the lag", () =>
    Effect.gen(function* () {
      const { send, standIn, token } = yield* started({ sentItemsLagMillis: 30_000 })
      yield* send(base64(mime({ "Message-ID": "<it's@example.com>" })))
      const find = (filter: string, from?: string) =>
        Effect.map(search(standIn.origin, token, filter, from), ({ body }) => JSON.parse(body).value)
      const filter = "internetMessageId eq '<it''s@example.com>'"
      assert.deepStrictEqual(yield* find(filter), [])
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* find(filter), [{ id: "item-0", isDraft: false, parentFolderId: "sentitems" }])
      assert.deepStrictEqual(yield* find(filter, "other@example.com"), [])
      const source = (from: string, item: string) =>
        call(`${standIn.origin}/v1.0/users/${from}/messages/${item}/$value`, {
          method: "GET",
          headers: { authorization: `Bearer ${token}` }
        })
      assert.strictEqual((yield* source("a@example.com", "item-0")).body, standIn.mails[0]?.raw)
      for (const [from, item] of [
        ["other@example.com", "item-0"],
        ["a@example.com", "item-1"]
      ] as const) {
        assert.strictEqual(yield* graphRefusal(yield* source(from, item)), "404 ErrorItemNotFound")
      }
      assert.deepStrictEqual(yield* find("internetMessageId eq '<2@example.com>'"), [])
      const wrong = yield* search(standIn.origin, token, "subject eq 'Hi'")
      assert.strictEqual(yield* graphRefusal(wrong), "400 ErrorInvalidUrlQueryFilter")
      const stranger = yield* search(standIn.origin, "made-up", filter)
      assert.strictEqual(yield* graphRefusal(stranger), "401 InvalidAuthenticationToken")
    })
  )
})

describe("waiting", () => {
  it.effect("ends with the mail that makes the number full", () =>
    Effect.gen(function* () {
      const { send, standIn } = yield* started()
      const arriving = yield* standIn.onMail
      const waiting = yield* Effect.forkChild(standIn.awaitMails(2))
      yield* send(base64(mime({ "Message-ID": "<1@example.com>" })))
      assert.isUndefined(waiting.pollUnsafe())
      yield* send(base64(mime({ "Message-ID": "<2@example.com>" })))
      const mails = yield* Fiber.join(waiting)
      assert.deepStrictEqual(
        mails.map((mail) => mail.messageId),
        ["<1@example.com>", "<2@example.com>"]
      )
      assert.deepStrictEqual(yield* standIn.awaitMails(1), mails)
      assert.deepStrictEqual([yield* PubSub.take(arriving), yield* PubSub.take(arriving)], [...mails])
      standIn.forgetMails()
      assert.strictEqual(standIn.mails.length, 0)
    })
  )

  it.live("frees its port and its callers when the scope closes", () =>
    Effect.gen(function* () {
      const [origin, hanging] = yield* Effect.scoped(
        Effect.gen(function* () {
          const { send, standIn } = yield* started()
          standIn.faults.push({ at: "sendMail", kind: "hang" })
          const hanging = yield* Effect.forkDetach(Effect.flip(send()))
          yield* Effect.sleep(50)
          return [standIn.origin, hanging] as const
        })
      )
      assert.strictEqual(yield* Fiber.join(hanging), "ECONNRESET")
      assert.strictEqual(yield* Effect.flip(call(origin)), "ECONNREFUSED")
    })
  )
})
