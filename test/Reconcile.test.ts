// What happens instead of a send, with a mailer and an outbox that note what they were asked.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Reconcile } from "../src/Database.ts"
import { deliver } from "../src/Delivery.ts"
import { Blocked, MailerError, Transient } from "../src/Mailer.ts"
import type { Notice } from "../src/Notice.ts"
import { fakes, indifferent, notice, row, type Script, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const delivered = Effect.fnUntraced(function* (reconcile: Reconcile, overrides: Partial<Notice>, script: Script = {}) {
  const { events, layer, mails } = fakes(script)
  const { layer: logger, lines } = quiet()
  const on = { ...watched, database: { ...watched.database, reconcile } }
  yield* deliver({ notice: notice("1", overrides), watched: on, self: indifferent }, Effect.succeed(row("1"))).pipe(
    Effect.provide([layer, logger])
  )
  return { events, mails, lines }
})

const looked = `look for <${notice("1").id}@example.com>`
const failing = (reason: MailerError["reason"]) => ({ find: () => Effect.fail(new MailerError({ reason })) })

describe("a mail that may have been sent", () => {
  it.effect("is sent again where that is chosen, marked in its headers and in the log", () =>
    Effect.gen(function* () {
      const { events, lines, mails } = yield* delivered("resend", { maybeSent: true })
      assert.deepStrictEqual(events, ["begin", "request", "sent"])
      assert.isTrue(mails[0]!.maybeDuplicate)
      assert.match(lines[0]!.message, /^sent: .*, maybe-duplicate$/)
    })
  )

  it.effect("is parked where that is chosen, without a request", () =>
    Effect.gen(function* () {
      const { events, lines } = yield* delivered("park", { maybeSent: true })
      assert.deepStrictEqual(events, ["parked"])
      assert.match(lines[0]!.message, /may have been sent/)
    })
  )

  it.effect("is sent where it would be parked, marked, if a person has put it back", () =>
    Effect.gen(function* () {
      const { events, mails } = yield* delivered("park", { maybeSent: true, putBack: true })
      assert.deepStrictEqual(events, ["begin", "request", "sent"])
      assert.isTrue(mails[0]!.maybeDuplicate)
    })
  )

  it.effect("that is found in the mailbox is settled as sent, without a request, and the log says so", () =>
    Effect.gen(function* () {
      const { events, lines } = yield* delivered("mailbox", { maybeSent: true }, { find: () => Effect.succeed(true) })
      assert.deepStrictEqual(events, [looked, "sent"])
      assert.strictEqual(lines[0]!.message, "sent: found in the mailbox, not sent again")
    })
  )

  it.effect("that is not found waits for the next look; after the third it is sent again, marked", () =>
    Effect.gen(function* () {
      const first = yield* delivered("mailbox", { maybeSent: true })
      assert.deepStrictEqual(first.events, [looked, "postponed 1m 30s spent=false maybeSent=false looks=1"])
      assert.match(String(first.lines[0]!.annotations["next"]), /^looked for in the mailbox at /)
      const third = yield* delivered("mailbox", { maybeSent: true, looks: 2 })
      assert.deepStrictEqual(third.events, [looked, "begin", "request", "sent"])
      assert.isTrue(third.mails[0]!.maybeDuplicate)
    })
  )

  it.effect("that may not be looked for is never sent for that; an error line says what to grant", () =>
    Effect.gen(function* () {
      const refused = failing(new Blocked({ scope: "mailbox", detail: "403", advice: "Grant Mail.Read." }))
      const { events, lines } = yield* delivered("mailbox", { maybeSent: true, looks: 2 }, refused)
      assert.deepStrictEqual(events, [looked, "postponed 5m spent=false maybeSent=false"])
      assert.deepInclude(lines[0], { level: "Error" })
      assert.include(lines[0]!.message, "Grant Mail.Read.")
    })
  )

  it.effect("whose look had no answer is looked for again, and that look is not counted", () =>
    Effect.gen(function* () {
      const away = failing(new Transient({ detail: "away", retryAfter: undefined }))
      const { events } = yield* delivered("mailbox", { maybeSent: true, looks: 2 }, away)
      assert.deepStrictEqual(events, [looked, "postponed 1m spent=false maybeSent=false looks=2"])
    })
  )
})

describe("a mail of which nobody doubts that it was not sent", () => {
  for (const mode of ["resend", "mailbox", "park"] as const) {
    it.effect(`is sent without a look, unmarked, with ${mode}`, () =>
      Effect.gen(function* () {
        const { events, mails } = yield* delivered(mode, { attempts: 3 })
        assert.deepStrictEqual(events, ["begin", "request", "sent"])
        assert.isFalse(mails[0]!.maybeDuplicate)
      })
    )
  }
})

describe("a mail in whose sends the worker ended", () => {
  it.effect("four times is tried once more, and after the fifth is parked as crashes", () =>
    Effect.gen(function* () {
      const four = yield* delivered("resend", { maybeSent: true, crashes: 4 })
      assert.deepStrictEqual(four.events, ["begin", "request", "sent"])
      const five = yield* delivered("resend", { maybeSent: true, crashes: 5 })
      assert.deepStrictEqual(five.events, ["parked"])
      assert.match(five.lines[0]!.message, /^parked: crashes: /)
    })
  )
})
