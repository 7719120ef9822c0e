// Who may act upon a notice, and until when: claims, leases and the next due time, on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { session } from "../support/customer.ts"
import { numbers } from "../support/line.ts"
import { claimedBySeveral, claimOne, keys, seconds, stage } from "../support/outbox.ts"

describe("a claim", () => {
  it.live("gives no notice to two replicas, however many claim at once, and leaves none over", () =>
    Effect.gen(function* () {
      const { add, admin, seenBy } = yield* stage()
      yield* add(1, ...numbers(120).map(String))
      assert.deepStrictEqual(yield* claimedBySeveral(seenBy(admin), 6), numbers(120))
    })
  )

  it.live("waits for nobody who holds a notice locked, and takes the next one", () =>
    Effect.gen(function* () {
      const { add, fresh, outbox } = yield* stage()
      yield* add(1, "locked", "free")
      const other = yield* session(fresh)
      yield* other.query("begin")
      yield* other.query("select from inquiries_mailer.outbox where key = 'locked' for update")
      const { notices } = yield* outbox.claim(1).pipe(Effect.timeout("2 seconds"))
      assert.deepStrictEqual(keys(notices), ["free"])
      yield* other.query("rollback")
    })
  )

  it.live("gives each table an equal share, in turn, so that no backlog holds up another table", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* stage()
      yield* add(1, ...numbers(20).map(String))
      yield* add(2, "a", "b", "c")
      const { notices } = yield* outbox.claim(4)
      assert.deepStrictEqual(keys(notices), ["1", "a", "2", "b"])
    })
  )

  it.live("takes what has been due for longest, and touches no other table's notices", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* stage()
      yield* add(3, "elsewhere")
      yield* add(1, "1", "2", "3")
      assert.deepStrictEqual(keys((yield* outbox.claim(4)).notices), ["1", "2"])
      assert.deepStrictEqual(keys((yield* stored).filter(({ claimed }) => !claimed)), ["elsewhere", "3"])
    })
  )

  it.live("holds for half a minute, renewed for longer; then somebody else may have it, under another token", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, passTime, stored } = yield* stage()
      yield* add(1, "1")
      const first = yield* claimOne(outbox)
      assert.strictEqual((yield* stored)[0]!.due, 30)
      yield* admin`update inquiries_mailer.outbox set due_at = due_at - interval '20 seconds'`
      yield* outbox.renew([first])
      assert.strictEqual((yield* stored)[0]!.due, 30)
      assert.lengthOf((yield* outbox.claim(1)).notices, 0)
      yield* passTime
      const second = yield* claimOne(outbox)
      assert.strictEqual(second.id, first.id)
      assert.notStrictEqual(second.claim, first.claim)
      assert.deepInclude(second, { attempts: 0, maybeSent: false })
    })
  )

  it.live("that ended is neither renewed nor given back by who had it", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime, stored } = yield* stage()
      yield* add(1, "1")
      const first = yield* claimOne(outbox)
      yield* passTime
      yield* outbox.renew([first])
      const second = yield* claimOne(outbox)
      assert.strictEqual(second.id, first.id)
      yield* outbox.release([first])
      assert.isTrue((yield* stored)[0]!.claimed)
    })
  )

  it.live("given back is due at once, but for what has begun", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* stage()
      yield* add(1, "begun", "not begun")
      const { notices } = yield* outbox.claim(4)
      yield* outbox.begin(notices[0]!)
      yield* outbox.release(notices)
      const [begun, other] = yield* stored
      assert.deepInclude(begun, { claimed: true, begun: true, due: 60 })
      assert.deepInclude(other, { claimed: false, begun: false })
      assert.deepStrictEqual(keys((yield* outbox.claim(4)).notices), ["not begun"])
    })
  )
})

describe("the next due time", () => {
  it.live("is the earliest due time or lease end of what is not settled, in this replica's tables", () =>
    Effect.gen(function* () {
      const { add, admin, outbox } = yield* stage()
      const untilDue = Effect.map(outbox.claim(1), (claimed) => claimed.untilDue)
      assert.isUndefined(yield* untilDue)
      yield* add(3, "elsewhere")
      yield* add(1, "settled")
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent' where key = 'settled'`
      assert.isUndefined(yield* untilDue)
      yield* add(2, "late")
      yield* admin`update inquiries_mailer.outbox set due_at = due_at + interval '50 seconds' where key = 'late'`
      assert.strictEqual(seconds(yield* untilDue), 50)
      yield* add(1, "first", "second")
      const { notices, untilDue: second } = yield* outbox.claim(1)
      assert.deepStrictEqual(keys(notices), ["first"])
      assert.deepStrictEqual(second, Duration.zero)
      assert.strictEqual(seconds(yield* untilDue), 30)
      yield* outbox.begin(notices[0]!)
      assert.strictEqual(seconds(yield* untilDue), 30)
      yield* outbox.settle(notices[0]!, { outcome: "sent" })
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent' where key = 'second'`
      assert.strictEqual(seconds(yield* untilDue), 50)
    })
  )
})
