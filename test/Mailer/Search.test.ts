// The search by Message-ID, against connections that answer from a function.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { Lost } from "../../src/Mailer/Exchange.ts"
import * as Search from "../../src/Mailer/Search.ts"
import { blocked, failed, mail } from "./samples.ts"
import { answers, reason, setup, status } from "./graphMailer.ts"

const finds = (...value: ReadonlyArray<object>) => Effect.sync(() => Response.json({ value }))

describe("a search", () => {
  it.effect("asks the sender's mailbox for the Message-ID, with a token and without a body", () =>
    Effect.gen(function* () {
      const { mailer, requests } = yield* setup(() => finds({ id: "item-1", isDraft: false }))
      assert.isTrue(yield* mailer.find("<it's@example.com>"))
      const [request] = yield* requests
      const url = new URL(request!.url)
      assert.strictEqual(url.pathname, "/v1.0/users/no%2Breply%40example.com/messages")
      assert.strictEqual(url.searchParams.get("$filter"), "internetMessageId eq '<it''s@example.com>'")
      assert.strictEqual(request!.headers["authorization"], "Bearer t1")
      assert.isUndefined(request!.body)
    })
  )

  it.effect("takes neither an empty list nor a draft for a mail that was sent", () =>
    Effect.gen(function* () {
      const { mailer } = yield* setup(
        answers(
          () => finds(),
          () => finds({ id: "item-1", isDraft: true })
        )
      )
      assert.isFalse(yield* mailer.find(mail.messageId))
      assert.isFalse(yield* mailer.find(mail.messageId))
    })
  )

  for (const code of [400, 403, 404]) {
    it.effect(`refused with ${code} says what to grant, rests for five minutes and leaves sending alone`, () =>
      Effect.gen(function* () {
        const { mailer, requests, send } = yield* setup((request) =>
          request.body === undefined ? status(code) : status(202)
        )
        const refused = yield* reason(mailer.find(mail.messageId))
        assert.deepInclude(refused, { _tag: "Blocked" })
        assert.match("advice" in refused ? refused.advice : "", /Mail\.Read.*RECONCILE=resend/)
        assert.deepStrictEqual(yield* mailer.standing, { _tag: "Open" })
        yield* send
        yield* TestClock.adjust("299 seconds")
        yield* reason(mailer.find(mail.messageId))
        assert.lengthOf(yield* requests, 2)
        yield* TestClock.adjust("1 second")
        yield* reason(mailer.find(mail.messageId))
        assert.lengthOf(yield* requests, 3)
      })
    )
  }

  const unanswered = [
    ["a 503", () => status(503)],
    ["a 504", () => status(504)],
    ["something else than JSON", () => Effect.sync(() => new Response("<html>"))],
    ["JSON of another shape", () => Effect.sync(() => Response.json({ error: {} }))],
    ["a connection that is lost", () => Effect.fail(new Lost({ unsent: false, code: "ECONNRESET" }))]
  ] as const
  for (const [what, respond] of unanswered) {
    it.effect(`that meets ${what} neither found nor missed the mail, and rests for half a minute`, () =>
      Effect.gen(function* () {
        const { mailer } = yield* setup(answers(respond, () => finds()))
        assert.propertyVal(yield* reason(mailer.find(mail.messageId)), "_tag", "Transient")
        yield* TestClock.adjust("29 seconds")
        assert.propertyVal(yield* reason(mailer.find(mail.messageId)), "_tag", "Transient")
        yield* TestClock.adjust("1 second")
        assert.isFalse(yield* mailer.find(mail.messageId))
      })
    )
  }

  it.effect("that is throttled waits for as long as Microsoft asked, and pauses no send", () =>
    Effect.gen(function* () {
      const { mailer } = yield* setup(() => status(429, { "retry-after": "40" }))
      assert.deepInclude(yield* reason(mailer.find(mail.messageId)), {
        _tag: "Throttled",
        retryAfter: Duration.seconds(40)
      })
      assert.deepStrictEqual(yield* mailer.standing, { _tag: "Open" })
    })
  )

  it.effect("whose token is refused drops it, and comes back with a fresh one", () =>
    Effect.gen(function* () {
      const { events, mailer } = yield* setup(
        answers(
          () => status(401),
          () => finds({})
        )
      )
      assert.propertyVal(yield* reason(mailer.find(mail.messageId)), "_tag", "Transient")
      yield* TestClock.adjust(Search.rests.failed)
      assert.isTrue(yield* mailer.find(mail.messageId))
      assert.include(yield* events, "request t2")
    })
  )

  it.effect("without a token asks nothing, and a blocked credential closes the mailbox", () =>
    Effect.gen(function* () {
      const { login, mailer, requests } = yield* setup(() => finds())
      yield* Ref.set(login, Effect.fail(failed(blocked)))
      yield* reason(mailer.find(mail.messageId))
      assert.lengthOf(yield* requests, 0)
      assert.strictEqual((yield* mailer.standing)._tag, "Closed")
    })
  )

  it.effect("that hangs ends after ten seconds, takes one place of four, and can be interrupted", () =>
    Effect.gen(function* () {
      const sent = yield* Deferred.make<void>()
      const { mailer, other, requests, send, until } = yield* setup((request) =>
        request.body === undefined ? Effect.never : Effect.andThen(Deferred.succeed(sent, undefined), status(202))
      )
      const looks = yield* Effect.forkChild(
        Effect.forEach([mailer, other, mailer, other], ({ find }) => reason(find(mail.messageId)), {
          concurrency: 4
        })
      )
      yield* until("request t1", 1)
      yield* send
      yield* Deferred.await(sent)
      assert.lengthOf(yield* requests, 2)
      yield* TestClock.adjust(Search.searchTimeout)
      assert.lengthOf(yield* Fiber.join(looks), 4)
      assert.lengthOf(yield* requests, 2)
      yield* TestClock.adjust(Search.rests.failed)
      const interrupted = yield* Effect.forkChild(Effect.uninterruptible(mailer.find(mail.messageId)))
      yield* until("request t1", 3)
      yield* Fiber.interrupt(interrupted)
    })
  )
})
