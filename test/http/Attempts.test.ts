// How often the token may be guessed.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import * as Attempts from "../../src/http/Attempts.ts"

const failing = (attempts: Attempts.Attempts, peer: string, times: number) =>
  Effect.forEach(Array.from({ length: times }), () => attempts.failed(peer), { discard: true })

describe("failed attempts", () => {
  it.effect("bar a peer from the tenth on, until the minute since the first is over", () =>
    Effect.gen(function* () {
      const attempts = Attempts.make()
      yield* failing(attempts, "192.0.2.1", 9)
      yield* TestClock.adjust("20 seconds")
      assert.isUndefined(yield* attempts.barred("192.0.2.1"))
      yield* attempts.failed("192.0.2.1")
      assert.strictEqual(yield* attempts.barred("192.0.2.1"), 40_000)
      assert.isUndefined(yield* attempts.barred("192.0.2.2"))
      yield* TestClock.adjust("40 seconds")
      assert.isUndefined(yield* attempts.barred("192.0.2.1"))
      yield* failing(attempts, "192.0.2.1", 9)
      assert.isUndefined(yield* attempts.barred("192.0.2.1"))
      yield* attempts.failed("192.0.2.1")
      assert.strictEqual(yield* attempts.barred("192.0.2.1"), 60_000)
    })
  )

  it.effect("count for a whole network of IPv6, and for one address of IPv4", () =>
    Effect.gen(function* () {
      const attempts = Attempts.make()
      for (const peer of ["2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:2:3:4:5"]) {
        yield* failing(attempts, peer, 4)
      }
      assert.isDefined(yield* attempts.barred("2001:db8:0:1::9"))
      assert.isUndefined(yield* attempts.barred("2001:db8:0:2::9"))
      assert.isUndefined(yield* attempts.barred("2001:db8::9"))
      yield* failing(attempts, "::ffff:192.0.2.1", 10)
      assert.isDefined(yield* attempts.barred("::ffff:192.0.2.1"))
      assert.isUndefined(yield* attempts.barred("::ffff:192.0.2.2"))
    })
  )

  it.effect("are remembered of the last thousand peers, so that strangers cannot fill the memory", () =>
    Effect.gen(function* () {
      const attempts = Attempts.make()
      yield* failing(attempts, "192.0.2.1", 10)
      yield* Effect.forEach(Array.from({ length: 999 }), (_, n) => attempts.failed(`10.0.${n >> 8}.${n & 255}`))
      assert.isDefined(yield* attempts.barred("192.0.2.1"))
      yield* attempts.failed("10.1.0.0")
      assert.isUndefined(yield* attempts.barred("192.0.2.1"))
    })
  )
})
