// What may be written about a notice, and by whom: begin, settle, postpone and supersede, on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit } from "effect"
import { ClaimToken } from "../../src/Notice.ts"
import { NotBegun } from "../../src/Settlement.ts"
import { claimOne, keys, stage } from "../support/outbox.ts"

const isRefused = (exit: Exit.Exit<void, unknown>) =>
  assert.instanceOf(Exit.isFailure(exit) ? exit.cause.reasons.map((r) => "error" in r && r.error)[0] : exit, NotBegun)

const stranger = ClaimToken.make("22222222-2222-4222-8222-222222222222")
const parked = { outcome: "parked", detail: "no" } as const
const postponement = { delay: Duration.seconds(90), spent: true, maybeSent: false, detail: "503" } as const

describe("a send", () => {
  it.live("may begin only under the present claim, while its lease lasts, and while no newer row has its key", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime, stored } = yield* stage()
      yield* add(1, "42")
      const notice = yield* claimOne(outbox)
      isRefused(yield* Effect.exit(outbox.begin({ ...notice, claim: stranger })))
      yield* passTime
      isRefused(yield* Effect.exit(outbox.begin(notice)))
      const again = yield* claimOne(outbox)
      isRefused(yield* Effect.exit(outbox.begin(notice)))
      yield* add(2, "42")
      yield* outbox.begin(again)
      assert.isTrue((yield* stored)[0]!.begun)
      const older = yield* claimOne(outbox)
      yield* add(2, "42")
      isRefused(yield* Effect.exit(outbox.begin(older)))
    })
  )

  it.live("tells those that may begin from those that may not, though they ask at once", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* stage()
      yield* add(1, "1", "2", "3", "4")
      const { notices } = yield* outbox.claim(8)
      const exits = yield* Effect.forEach(
        notices.map((notice, index) => (index % 2 === 0 ? notice : { ...notice, claim: stranger })),
        (notice) => Effect.exit(outbox.begin(notice)),
        { concurrency: 4 }
      )
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true, false])
    })
  )

  it.live(
    "that began and was never settled may have been sent: it is claimed again after its grace, as one attempt",
    () =>
      Effect.gen(function* () {
        const { add, outbox, passTime } = yield* stage()
        yield* add(1, "1")
        yield* outbox.begin(yield* claimOne(outbox))
        assert.lengthOf((yield* outbox.claim(1)).notices, 0)
        yield* passTime
        assert.deepInclude(yield* claimOne(outbox), { maybeSent: true, attempts: 1 })
      })
  )
})

describe("an outcome", () => {
  it.live("sent is written also by who lost the claim, because the mail is out; no other outcome is", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime, stored } = yield* stage()
      yield* add(1, "1")
      const lost = yield* claimOne(outbox)
      yield* passTime
      const present = yield* claimOne(outbox)
      yield* outbox.settle(lost, parked)
      yield* outbox.postpone(lost, postponement)
      assert.deepInclude((yield* stored)[0], { outcome: null, claimed: true, attempts: 0, detail: null })
      yield* outbox.settle(lost, { outcome: "sent" })
      assert.deepInclude((yield* stored)[0], { outcome: "sent", claimed: false })
      isRefused(yield* Effect.exit(outbox.begin(present)))
    })
  )

  it.live("is final: neither sent nor parked is written over it", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* stage()
      yield* add(1, "1")
      const notice = yield* claimOne(outbox)
      yield* outbox.begin(notice)
      yield* outbox.settle(notice, parked)
      yield* outbox.settle(notice, { outcome: "sent" })
      yield* outbox.postpone(notice, postponement)
      assert.deepInclude((yield* stored)[0], { outcome: "parked", detail: "no", attempts: 1, claimed: false })
    })
  )

  it.live("postponed counts the attempt and its wait; postponed in place it counts neither and is due at once", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime, stored } = yield* stage()
      yield* add(1, "1")
      yield* outbox.postpone(yield* claimOne(outbox), postponement)
      assert.deepInclude((yield* stored)[0], { due: 90, attempts: 1, claimed: false, begun: false, maybe: false })
      yield* passTime
      const second = yield* claimOne(outbox)
      assert.deepStrictEqual(second.waited, Duration.seconds(90))
      yield* outbox.begin(second)
      yield* outbox.postpone(second, { delay: undefined, spent: false, maybeSent: true, detail: "429" })
      const third = yield* claimOne(outbox)
      assert.deepInclude(third, { attempts: 1, maybeSent: true, waited: Duration.seconds(90) })
    })
  )
})

describe("of two notices for one key", () => {
  it.live("the older is superseded when the newer is claimed, though it waits for a later attempt", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* stage()
      yield* add(1, "42")
      yield* outbox.postpone(yield* claimOne(outbox), postponement)
      yield* add(1, "42", "7")
      const { notices, superseded } = yield* outbox.claim(8)
      assert.deepStrictEqual(keys(notices), ["42", "7"])
      assert.deepStrictEqual(keys(superseded), ["42"])
      assert.deepStrictEqual(
        (yield* stored).map(({ outcome }) => outcome),
        ["superseded", null, null]
      )
    })
  )

  it.live("the older is superseded and not sent, though the newer is not due yet", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, stored } = yield* stage()
      yield* add(1, "42", "42")
      yield* admin`update inquiries_mailer.outbox set due_at = due_at + interval '1 minute'
        where ctid = (select ctid from inquiries_mailer.outbox order by created_at desc limit 1)`
      const { notices, superseded } = yield* outbox.claim(8)
      assert.lengthOf(notices, 0)
      assert.lengthOf(superseded, 1)
      assert.deepStrictEqual(
        (yield* stored).map(({ outcome }) => outcome),
        ["superseded", null]
      )
    })
  )

  it.live("the older settles itself while its send is under way, and is superseded once its grace is over", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, passTime, stored } = yield* stage()
      yield* add(1, "42", "43")
      const { notices } = yield* outbox.claim(8)
      for (const notice of notices) yield* outbox.begin(notice)
      yield* add(1, "42", "43")
      assert.deepStrictEqual((yield* outbox.claim(8)).superseded, [])
      yield* outbox.settle(notices[0]!, { outcome: "sent" })
      yield* passTime
      assert.deepStrictEqual(keys((yield* outbox.claim(8)).superseded), ["43"])
      assert.deepStrictEqual(
        (yield* stored).map(({ key, outcome }) => `${key} ${outcome}`),
        ["42 sent", "43 superseded", "42 null", "43 null"]
      )
      assert.lengthOf(yield* admin`select from inquiries_mailer.outbox where claim is not null`, 2)
    })
  )

  it.live("in different tables neither supersedes the other", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* stage()
      yield* add(1, "42")
      yield* add(2, "42")
      const { notices, superseded } = yield* outbox.claim(8)
      assert.lengthOf(notices, 2)
      assert.lengthOf(superseded, 0)
    })
  )
})
