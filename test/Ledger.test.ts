import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { DatabaseName } from "../src/Database.ts"
import * as Ledger from "../src/Ledger.ts"
import { NotBegun } from "../src/Settlement.ts"

const make = (name = "autos") => Ledger.make(DatabaseName.make(name), (number) => `public.t${number}`)

const keys = ({ outbox }: Ledger.Ledger, limit = 64) =>
  Effect.map(outbox.claim(limit), ({ notices }) => notices.map(({ key }) => key))

describe("a ledger", () => {
  it.effect("hands out a row once, oldest first, and never again when it is settled", () =>
    Effect.gen(function* () {
      const ledger = make()
      yield* ledger.capture(0, "2")
      yield* TestClock.adjust("1 second")
      yield* ledger.capture(0, "1")
      yield* ledger.capture(0, "2")
      const { notices } = yield* ledger.outbox.claim(64)
      assert.deepStrictEqual(
        notices.map(({ key }) => key),
        ["2", "1"]
      )
      assert.deepStrictEqual(yield* keys(ledger), [])
      for (const notice of notices) yield* ledger.outbox.settle(notice, { outcome: "sent" })
      yield* ledger.capture(0, "1")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* keys(ledger), [])
    })
  )

  it.effect("mails no row that it was told to remember", () =>
    Effect.gen(function* () {
      const ledger = make()
      ledger.remember(0, "1")
      yield* ledger.capture(0, "1")
      yield* ledger.capture(1, "1")
      const { notices } = yield* ledger.outbox.claim(64)
      assert.deepStrictEqual(
        notices.map(({ table }) => table),
        [1]
      )
    })
  )

  it.effect("hands out nothing while it is paused, and everything when it goes on", () =>
    Effect.gen(function* () {
      const ledger = make()
      yield* ledger.capture(0, "1")
      assert.isTrue(yield* ledger.pause.set(true))
      assert.isFalse(yield* ledger.pause.set(true))
      yield* ledger.capture(0, "2")
      assert.deepInclude(yield* ledger.outbox.claim(64), { notices: [], pausedSince: "1970-01-01T00:00:00Z" })
      assert.lengthOf(ledger.waiting(), 2)
      assert.isTrue(yield* ledger.pause.set(false))
      assert.deepStrictEqual(yield* keys(ledger), ["1", "2"])
    })
  )

  it.effect("lets no full table hold up another", () =>
    Effect.gen(function* () {
      const ledger = make()
      for (let n = 0; n < 10; n++) yield* ledger.capture(0, `a${n}`)
      yield* ledger.capture(1, "b")
      assert.include(yield* keys(ledger, 2), "b")
    })
  )

  it.effect("gives the same row the same identity in every process, and no other row", () =>
    Effect.gen(function* () {
      const identity = Effect.fnUntraced(function* (name: string, table: number, key: string) {
        const ledger = make(name)
        yield* ledger.capture(table, key)
        return (yield* ledger.outbox.claim(1)).notices[0]!.id
      })
      const id = yield* identity("autos", 0, "1")
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.strictEqual(yield* identity("autos", 0, "1"), id)
      const others = [yield* identity("autos", 0, "2"), yield* identity("autos", 1, "1"), yield* identity("b", 0, "1")]
      assert.strictEqual(new Set([id, ...others]).size, 4)
    })
  )

  it.effect("comes back to what was postponed when its time is there, with what was spent on it", () =>
    Effect.gen(function* () {
      const ledger = make()
      yield* ledger.capture(0, "1")
      const [notice] = (yield* ledger.outbox.claim(1)).notices
      yield* ledger.outbox.begin(notice!)
      const delay = Duration.seconds(15)
      yield* ledger.outbox.postpone(notice!, { delay, spent: true, maybeSent: true, detail: "" })
      assert.deepStrictEqual((yield* ledger.outbox.claim(1)).untilDue, delay)
      yield* TestClock.adjust(delay)
      const [again] = (yield* ledger.outbox.claim(1)).notices
      assert.deepInclude(again, { key: "1", attempts: 1, maybeSent: true, waited: delay })
    })
  )

  it.effect("takes back what was claimed and not begun, and what a crash left begun only after its grace", () =>
    Effect.gen(function* () {
      const ledger = make()
      for (const key of ["1", "2", "3"]) yield* ledger.capture(0, key)
      const { notices } = yield* ledger.outbox.claim(3)
      const [first, second, third] = notices
      yield* ledger.outbox.begin(first!)
      yield* ledger.outbox.release([first!, second!])
      assert.deepStrictEqual(yield* keys(ledger), ["2"])
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual((yield* keys(ledger)).toSorted(), ["2", "3"])
      assert.instanceOf(yield* Effect.flip(ledger.outbox.begin(third!)), NotBegun)
      yield* TestClock.adjust("29 seconds")
      assert.deepStrictEqual(yield* keys(ledger), [])
      yield* TestClock.adjust("1 second")
      const { notices: later } = yield* ledger.outbox.claim(3)
      assert.deepInclude(
        later.find(({ key }) => key === "1"),
        { maybeSent: true, attempts: 1 }
      )
    })
  )

  it.effect("lets who lost a claim write that it was sent, and nothing else", () =>
    Effect.gen(function* () {
      const ledger = make()
      yield* ledger.capture(0, "1")
      const [lost] = (yield* ledger.outbox.claim(1)).notices
      yield* TestClock.adjust("30 seconds")
      yield* ledger.outbox.claim(1)
      yield* ledger.outbox.settle(lost!, { outcome: "parked", detail: "no" })
      yield* ledger.outbox.postpone(lost!, { delay: Duration.zero, spent: true, maybeSent: true, detail: "" })
      assert.instanceOf(yield* Effect.flip(ledger.outbox.begin(lost!)), NotBegun)
      yield* TestClock.adjust("30 seconds")
      const [again] = (yield* ledger.outbox.claim(1)).notices
      assert.deepInclude(again, { attempts: 0, maybeSent: false })
      yield* ledger.outbox.settle(lost!, { outcome: "sent" })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* keys(ledger), [])
    })
  )

  it.effect("counts looks without an attempt, and their wait; after a crash in a send they begin anew", () =>
    Effect.gen(function* () {
      const ledger = make()
      yield* ledger.capture(0, "1")
      const next = Effect.map(ledger.outbox.claim(1), ({ notices }) => notices[0]!)
      const delay = Duration.seconds(90)
      const look = { delay, spent: false, maybeSent: false, detail: "" }
      yield* ledger.outbox.postpone(yield* next, { ...look, looks: 2 })
      yield* TestClock.adjust(delay)
      const looked = yield* next
      assert.deepInclude(looked, { looks: 2, attempts: 0, crashes: 0, waited: delay })
      yield* ledger.outbox.postpone(looked, look)
      yield* TestClock.adjust(delay)
      const refused = yield* next
      assert.deepInclude(refused, { looks: 2, waited: delay })
      yield* ledger.outbox.begin(refused)
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* next, { looks: 0, attempts: 1, crashes: 1, maybeSent: true })
    })
  )

  it.effect("renews what is claimed, and lets nobody begin with a lease that ended", () =>
    Effect.gen(function* () {
      const ledger = make()
      yield* ledger.capture(0, "1")
      const [notice] = (yield* ledger.outbox.claim(1)).notices
      yield* TestClock.adjust("20 seconds")
      yield* ledger.outbox.renew([notice!])
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(yield* keys(ledger), [])
      yield* TestClock.adjust("10 seconds")
      assert.instanceOf(yield* Effect.flip(ledger.outbox.begin(notice!)), NotBegun)
    })
  )
})
