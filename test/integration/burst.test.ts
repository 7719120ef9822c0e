// What is mailed singly and what in a digest, and that each row is in exactly one of them, on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { burstStage, claimDigest, within } from "../support/burst.ts"
import { keys, seconds } from "../support/outbox.ts"
import { numbers } from "../support/line.ts"

const ten = numbers(10).map(String)
const rest = ten.slice(3)

describe("a burst", () => {
  it.live("is mailed singly at first, and when its time is over the rest of it in one digest", () =>
    Effect.gen(function* () {
      const { add, mail, outbox, outcomes, over } = yield* burstStage()
      yield* add(1, ...ten)
      const first = yield* outbox.claim(64)
      assert.deepStrictEqual(keys(first.notices), ["1", "2", "3"])
      assert.approximately(seconds(first.untilDue) ?? 0, Duration.toSeconds(within), 2)
      for (const notice of first.notices) {
        yield* mail(outbox, notice)
        yield* outbox.settle(notice, { outcome: "sent" })
      }
      assert.deepStrictEqual((yield* outbox.claim(64)).notices, [])
      yield* over
      const digest = yield* claimDigest(outbox)
      assert.deepStrictEqual(yield* mail(outbox, digest), rest)
      assert.deepStrictEqual([...(yield* outbox.settleDigest(digest, { outcome: "sent" }))], [["sent", 7]])
      assert.deepStrictEqual(
        yield* outcomes,
        ten.map((key) => `${key} sent`)
      )
    })
  )

  it.live("touches no table without one, and begins anew when its time is over", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, over } = yield* burstStage()
      yield* add(2, ...ten)
      yield* add(1, "11", "12")
      assert.lengthOf((yield* outbox.claim(64)).notices, 12)
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent'`
      yield* over
      yield* add(1, "13", "14", "15", "16")
      assert.deepStrictEqual(keys((yield* outbox.claim(64)).notices), ["13", "14", "15"])
    })
  )

  it.live("is decided once, however many replicas claim at once", () =>
    Effect.gen(function* () {
      const { add, admin, heeding } = yield* burstStage()
      const replicas = yield* Effect.replicateEffect(heeding(admin), 4)
      yield* add(1, ...numbers(40).map(String))
      const once = Effect.forEach(replicas, (replica) => replica.claim(64), { concurrency: "unbounded" })
      const claims = [...(yield* once), ...(yield* once)]
      assert.lengthOf(
        claims.flatMap(({ notices }) => notices),
        3
      )
      yield* add(1, "41")
      for (const replica of replicas) assert.lengthOf((yield* replica.claim(64)).notices, 0)
    })
  )

  it.live("goes singly when it is no longer set up", () =>
    Effect.gen(function* () {
      const { add, heedless, outbox, over } = yield* burstStage()
      yield* add(1, ...ten)
      yield* outbox.claim(64)
      assert.deepStrictEqual((yield* heedless.claim(64)).notices, [])
      yield* over
      assert.deepStrictEqual(keys((yield* heedless.claim(64)).notices), rest)
    })
  )

  it.live("of thousands becomes several digests, one after the other", () =>
    Effect.gen(function* () {
      const { admin, mail, outbox, over, passTime } = yield* burstStage()
      yield* admin`insert into inquiries_mailer.outbox (table_number, key) select 1, n::text from generate_series(1, 203) n`
      yield* outbox.claim(64)
      yield* over
      const [first, ...others] = (yield* outbox.claim(64)).notices
      assert.lengthOf(others, 0)
      const told = [yield* mail(outbox, first!)]
      yield* outbox.settleDigest(first!, { outcome: "sent" })
      assert.approximately(seconds((yield* outbox.claim(64)).untilDue) ?? 0, 10, 1)
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent' where claim is not null`
      yield* passTime
      for (const digest of (yield* outbox.claim(64)).notices) told.push(yield* mail(outbox, digest))
      assert.deepStrictEqual(
        told.map(({ length }) => length),
        [80, 80, 40]
      )
      assert.strictEqual(new Set(told.flat()).size, 200)
    })
  )
})
