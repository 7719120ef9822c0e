// What becomes of a digest and of the rows that it tells of, on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { DatabaseName } from "../../src/Database.ts"
import * as Parked from "../../src/Parked.ts"
import { burstStage, claimDigest } from "../support/burst.ts"
import { numbers } from "../support/line.ts"
import { keys } from "../support/outbox.ts"

const ten = numbers(10).map(String)
const rest = ten.slice(3)

describe("a digest", () => {
  const formed = Effect.gen(function* () {
    const stage = yield* burstStage()
    yield* stage.add(1, ...ten)
    yield* stage.outbox.claim(64)
    yield* stage.admin`update inquiries_mailer.outbox set outcome = 'sent' where burst = 'singly'`
    yield* stage.over
    return { ...stage, digest: yield* claimDigest(stage.outbox) }
  })

  it.live("has the same identity and the same rows at every attempt, whatever comes meanwhile", () =>
    Effect.gen(function* () {
      const { add, admin, digest, mail, outbox, over } = yield* formed
      const before = yield* mail(outbox, digest)
      yield* add(1, "11", "12", "13", "14", "15")
      yield* over
      yield* admin`update inquiries_mailer.outbox set due_at = clock_timestamp() where id = ${digest.id}::uuid`
      const again = (yield* outbox.claim(64)).notices.find((notice) => notice.digest === true)
      assert.deepInclude(again, { id: digest.id, maybeSent: true, crashes: 1, attempts: 1 })
      assert.deepStrictEqual(yield* mail(outbox, again!), before)
    })
  )

  it.live("is begun by whoever holds it, and by nobody else", () =>
    Effect.gen(function* () {
      const { digest, mail, outbox, passTime } = yield* formed
      yield* passTime
      const error = yield* Effect.flip(mail(outbox, digest))
      assert.strictEqual(error._tag, "NotBegun")
    })
  )

  it.live("settles rows that are gone as gone, and those whose key was taken as superseded", () =>
    Effect.gen(function* () {
      const { add, digest, outbox, outcomes } = yield* formed
      yield* add(1, "10")
      const members = yield* outbox.beginDigest(digest)
      assert.deepStrictEqual(
        members.map(({ key }) => key),
        ["4", "5", "6", "7", "8", "9"]
      )
      const told = members.slice(1).map(({ id }) => id)
      const counts = yield* outbox.settleDigest(digest, { outcome: "sent", told })
      assert.deepStrictEqual(Object.fromEntries(counts), { sent: 5, gone: 1, superseded: 1 })
      assert.includeMembers(yield* outcomes, ["4 gone", "5 sent", "10 superseded", "10 null"])
    })
  )

  it.live("that is refused goes on in halves, until the row that is the cause is alone", () =>
    Effect.gen(function* () {
      const { digest, mail, outbox } = yield* formed
      const mailed: Array<string> = []
      const waiting = [digest]
      while (waiting.length > 0) {
        const notice = waiting.shift()!
        const told = yield* mail(outbox, notice)
        if (!told.includes("7")) {
          mailed.push(...told)
          yield* notice.digest === true
            ? outbox.settleDigest(notice, { outcome: "sent" })
            : outbox.settle(notice, { outcome: "sent" })
        } else if (notice.digest === true) {
          yield* outbox.postpone(notice, {
            delay: undefined,
            spent: true,
            maybeSent: false,
            split: true,
            detail: "400"
          })
        } else yield* outbox.settle(notice, { outcome: "parked", detail: "400" })
        if (waiting.length === 0) waiting.push(...(yield* outbox.claim(64)).notices)
      }
      assert.deepStrictEqual(
        mailed.toSorted((a, b) => Number(a) - Number(b)),
        ["4", "5", "6", "8", "9", "10"]
      )
    })
  )

  it.live("that is parked leaves its rows parked, each to be put back singly", () =>
    Effect.gen(function* () {
      const { admin, digest, mail, outbox, outcomes } = yield* formed
      yield* mail(outbox, digest)
      yield* outbox.settleDigest(digest, {
        outcome: "parked",
        detail: "uncertain, may have been sent: 504",
        maybeSent: true
      })
      assert.deepStrictEqual(
        (yield* outcomes).slice(3),
        rest.map((key) => `${key} parked`)
      )
      const doubts = yield* admin`select from inquiries_mailer.outbox where maybe_sent and attempts = 1`
      assert.lengthOf(doubts, 7)
      const changed = yield* Parked.retry(DatabaseName.make("autos"), {}).pipe(Effect.provideService(SqlClient, admin))
      assert.lengthOf(changed, 7)
      const { notices } = yield* outbox.claim(64)
      assert.sameMembers(keys(notices), rest)
      assert.isTrue(notices.every((notice) => notice.maybeSent && notice.digest !== true))
    })
  )

  it.live("that was sent is settled although somebody else holds it by now", () =>
    Effect.gen(function* () {
      const { digest, mail, outbox, outcomes, passTime } = yield* formed
      yield* mail(outbox, digest)
      yield* passTime
      yield* claimDigest(outbox)
      yield* outbox.settleDigest(digest, { outcome: "gone" })
      assert.include(yield* outcomes, "7 null")
      yield* outbox.settleDigest(digest, { outcome: "sent" })
      assert.deepStrictEqual(
        (yield* outcomes).slice(3),
        rest.map((key) => `${key} sent`)
      )
    })
  )
})
