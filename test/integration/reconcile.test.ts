// A mail of which nobody knows whether it was accepted is looked for in the mailbox: the whole line.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { duplicates, held, makeDue, search, send, started, until } from "../support/doubt.ts"
import * as line from "../support/line.ts"

describe("reconcile: mailbox", () => {
  for (const kind of ["reset-after-accept", "accept-then-504"] as const) {
    it.live(`after ${kind} finds the mail half a minute later and does not send it again`, () =>
      Effect.gen(function* () {
        const { admin, lines, standIn } = yield* started("mailbox", {}, send(kind))
        yield* line.insertInquiry(admin, 1)
        const uncertain = yield* until(admin, ({ attempts }) => attempts === 1)
        assert.deepInclude(uncertain, { outcome: null, looks: 0 })
        assert.approximately(uncertain.due, 30, 2)
        yield* makeDue(admin)
        yield* line.allSettled(admin)
        assert.deepInclude(yield* held(admin), { outcome: "sent", attempts: 1 })
        assert.lengthOf(standIn.mails, 1)
        assert.deepInclude(standIn.requests, { sendMail: 1, messages: 1 })
        assert.isTrue(lines.some(({ message }) => message === "sent: found in the mailbox, not sent again"))
      })
    )
  }

  it.live(
    "sends again, under the same Message-ID and marked, only after the third look; then the looks begin anew",
    () =>
      Effect.gen(function* () {
        const lag = { sentItemsLagMillis: 3_600_000 }
        const { admin, standIn } = yield* started("mailbox", lag, send("accept-then-504"), send("accept-then-504"))
        yield* line.insertInquiry(admin, 1)
        yield* until(admin, ({ attempts }) => attempts === 1)
        for (const [looks, due] of [
          [1, 90],
          [2, 180]
        ] as const) {
          yield* makeDue(admin)
          const missed = yield* until(admin, (notice) => notice.looks === looks)
          assert.deepInclude(missed, { attempts: 1, outcome: null })
          assert.approximately(missed.due, due, 2)
          assert.strictEqual(standIn.requests.sendMail, 1)
        }
        yield* makeDue(admin)
        const again = yield* until(admin, ({ attempts }) => attempts === 2)
        assert.deepInclude(again, { outcome: null, looks: 0 })
        assert.approximately(again.due, 30, 2)
        assert.deepInclude(standIn.requests, { sendMail: 2, messages: 3 })
        assert.strictEqual(new Set(standIn.mails.map(({ messageId }) => messageId)).size, 1)
        assert.deepStrictEqual(yield* duplicates(standIn), [undefined, "yes"])
      })
  )

  it.live("that may not search sends nothing again, says what to grant, and holds up no other mail", () =>
    Effect.gen(function* () {
      const { admin, lines, standIn } = yield* started("mailbox", {}, send("reset-after-accept"), search(403))
      yield* line.insertInquiry(admin, 1)
      yield* until(admin, ({ attempts }) => attempts === 1)
      yield* makeDue(admin)
      const refused = yield* until(admin, ({ due }) => due > 200)
      assert.deepInclude(refused, { outcome: null, attempts: 1, looks: 0 })
      assert.approximately(refused.due, 300, 2)
      yield* line.insertInquiry(admin, 2)
      yield* standIn.awaitMails(2).pipe(Effect.timeout("5 seconds"))
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2])
      const said = lines.filter(({ level }) => level === "Error").map(({ message }) => message)
      assert.lengthOf(said, 1)
      assert.match(said[0]!, /403.*Mail\.Read.*RECONCILE=resend/)
    })
  )

  it.live("whose search fails looks again a minute later, and does not count that look", () =>
    Effect.gen(function* () {
      const { admin, standIn } = yield* started("mailbox", {}, send("reset-after-accept"), search(503))
      yield* line.insertInquiry(admin, 1)
      yield* until(admin, ({ attempts }) => attempts === 1)
      yield* makeDue(admin)
      const failed = yield* until(admin, ({ due }) => due > 45)
      assert.deepInclude(failed, { outcome: null, attempts: 1, looks: 0 })
      assert.lengthOf(standIn.mails, 1)
    })
  )
})
