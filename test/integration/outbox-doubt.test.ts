// What the outbox keeps of a mail that may have been sent: looks into the mailbox and crashes, on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { claimOne, stage } from "../support/outbox.ts"

describe("looks into the mailbox", () => {
  const look = { delay: Duration.seconds(90), spent: false, maybeSent: false, detail: "not found" } as const
  const uncertain = { delay: Duration.seconds(30), spent: true, maybeSent: true, detail: "504" } as const

  it.live("are counted without an attempt, their wait counts, and after an uncertain send they begin anew", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime, stored } = yield* stage()
      yield* add(1, "1")
      const first = yield* claimOne(outbox)
      yield* outbox.begin(first)
      yield* outbox.postpone(first, { ...uncertain, looks: 0 })
      yield* passTime
      yield* outbox.postpone(yield* claimOne(outbox), { ...look, looks: 1 })
      assert.deepInclude((yield* stored)[0], { attempts: 1, looks: 1, maybe: true, crashes: 0, due: 90 })
      yield* passTime
      const second = yield* claimOne(outbox)
      assert.deepInclude(second, { looks: 1, maybeSent: true, attempts: 1, waited: Duration.minutes(2) })
      // Refused, or surely not sent: neither a look nor a reason to begin anew.
      yield* outbox.postpone(second, look)
      assert.deepInclude((yield* stored)[0], { looks: 1, maybe: true })
      yield* passTime
      const third = yield* claimOne(outbox)
      assert.deepStrictEqual(third.waited, Duration.minutes(2))
      yield* outbox.begin(third)
      yield* outbox.postpone(third, uncertain)
      assert.deepInclude((yield* stored)[0], { looks: 0, maybe: true, attempts: 2 })
    })
  )

  it.live("begin anew when a send had no outcome because its worker ended; that counts as a crash", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime } = yield* stage()
      yield* add(1, "1")
      for (let crashes = 1; crashes <= 5; crashes++) {
        yield* outbox.begin(yield* claimOne(outbox))
        yield* passTime
        const again = yield* claimOne(outbox)
        assert.deepInclude(again, { crashes, looks: 0, maybeSent: true })
        yield* outbox.postpone(again, { ...look, looks: 2 })
        yield* passTime
      }
    })
  )

  it.live("no crash is counted of a claim that ended before its send was begun", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime } = yield* stage()
      yield* add(1, "1")
      yield* claimOne(outbox)
      yield* passTime
      assert.deepInclude(yield* claimOne(outbox), { crashes: 0, maybeSent: false })
    })
  )
})
