// A mail of which nobody knows whether it was accepted is sent again or parked, and one that ends the worker is: the whole line.
import { assert, describe, it } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { duplicates, held, makeDue, send, started, until } from "../support/doubt.ts"
import * as line from "../support/line.ts"

describe("reconcile: resend", () => {
  it.live("sends again under the same Message-ID, marked as a possible duplicate, and looks nowhere", () =>
    Effect.gen(function* () {
      const { admin, lines, standIn } = yield* started("resend", {}, send("reset-after-accept"))
      yield* line.insertInquiry(admin, 1)
      yield* until(admin, ({ attempts }) => attempts === 1)
      yield* makeDue(admin)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined, "yes"])
      assert.strictEqual(new Set(standIn.mails.map(({ messageId }) => messageId)).size, 1)
      assert.strictEqual(standIn.requests.messages, 0)
      assert.isTrue(lines.some(({ message }) => /^sent: .*maybe-duplicate$/.test(message)))
    })
  )
})

/** As a worker leaves it that was killed in the middle of a send, so often. */
const crashed = (admin: PgClient.PgClient, times: number) =>
  admin`insert into inquiries_mailer.outbox (table_number, key, claim, begun_at, crashes, due_at)
    select number, '1', gen_random_uuid(), clock_timestamp() - interval '2 minutes', ${times - 1}::integer,
      clock_timestamp() - interval '1 minute'
    from inquiries_mailer.tables`

describe("reconcile: park", () => {
  it.live("parks at the uncertain outcome, with its reason", () =>
    Effect.gen(function* () {
      const { admin, standIn } = yield* started("park", {}, send("accept-then-504"))
      yield* line.insertInquiry(admin, 1)
      yield* line.allSettled(admin)
      const parked = yield* held(admin)
      assert.strictEqual(parked.outcome, "parked")
      assert.match(parked.detail ?? "", /^uncertain, may have been sent: .*504/)
      assert.lengthOf(standIn.mails, 1)
    })
  )

  it.live("parks what a crashed worker had begun, and sends nothing", () =>
    Effect.gen(function* () {
      const { admin, standIn } = yield* started("park")
      yield* crashed(admin, 1)
      yield* makeDue(admin)
      yield* line.allSettled(admin)
      assert.match((yield* held(admin)).detail ?? "", /^uncertain, may have been sent: /)
      assert.strictEqual(standIn.requests.sendMail, 0)
    })
  )
})

describe("a notice in whose sends the worker ended", () => {
  it.live("five times is parked as crashes, whatever the mode; four times it is tried again", () =>
    Effect.gen(function* () {
      const { admin, standIn } = yield* started("resend")
      yield* crashed(admin, 5)
      yield* makeDue(admin)
      yield* line.allSettled(admin)
      assert.match((yield* held(admin)).detail ?? "", /^crashes: /)
      assert.strictEqual(standIn.requests.sendMail, 0)
      yield* admin`delete from inquiries_mailer.outbox`
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
      yield* line.allSettled(admin)
      yield* admin`delete from inquiries_mailer.outbox`
      yield* crashed(admin, 4)
      yield* makeDue(admin)
      yield* line.allSettled(admin)
      assert.strictEqual((yield* held(admin)).outcome, "sent")
    })
  )
})
