// Places in flight and on deck: how many mails of one database may be begun, and what a slow Graph changes.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, type Duration, Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { sendTimeout } from "../../src/Mailer.ts"
import * as Deck from "../../src/Mailer/Deck.ts"
import { numbers } from "../support/line.ts"
import { mail } from "./samples.ts"
import { answers, status, setup, reason } from "./graphMailer.ts"

describe("Graph", () => {
  it.effect("has at most four requests in flight and 60 more begun; the next begins when one ends", () =>
    Effect.gen(function* () {
      const { begins, requests, send, until } = yield* setup(answers(() => status(202), taking("500 millis")))
      yield* send
      const all = yield* Effect.forkChild(many(65, send))
      yield* until("begin", 65)
      yield* until("request t1", 5)
      yield* TestClock.adjust("400 millis")
      // Four is Microsoft's number, and 64 that of docs/guarantees.md: no constant of ours may move them.
      assert.lengthOf(yield* requests, 5)
      assert.strictEqual(yield* begins, 65)
      for (const requested of [...numbers(15).map((n) => n * 4 + 5), 66, 66]) {
        yield* TestClock.adjust("500 millis")
        yield* until("request t1", requested)
      }
      yield* Fiber.join(all)
    })
  )

  it.effect("lets as many more begin as have a place within 0.3 s, four at least", () =>
    Effect.gen(function* () {
      let millis = 0
      const { mailer, send, until } = yield* setup(() => taking(`${millis} millis`)())
      let requested = 0
      for (const [took, places] of [
        [0, 64],
        [20, 64],
        [21, 34],
        [40, 34],
        [100, 16],
        [150, 11],
        [250, 8],
        [10_000, 8],
        [0, 64]
      ] as const) {
        millis = took
        const sent = yield* Effect.forkChild(send)
        yield* until("request t1", ++requested)
        yield* TestClock.adjust(took)
        yield* Fiber.join(sent)
        assert.deepStrictEqual(yield* mailer.places, { all: places, free: places }, `after ${took} ms`)
      }
    })
  )

  it.effect("while requests are slow, begins no more than will have their turn soon", () =>
    Effect.gen(function* () {
      const { begins, send, until } = yield* setup(slowly(202))
      const first = yield* Effect.forkChild(send)
      yield* until("request t1", 1)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(first)
      const all = yield* Effect.forkChild(many(12, send))
      yield* until("begin", 9)
      yield* until("request t1", 5)
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(yield* begins, 9)
      for (const requested of [9, 13, 13]) {
        yield* TestClock.adjust("5 seconds")
        yield* until("request t1", requested)
      }
      yield* Fiber.join(all)
    })
  )

  it.effect("one that waits to begin is interrupted at once, and takes no place with it", () =>
    Effect.gen(function* () {
      const { requests, send, until } = yield* setup(taking("1 second"))
      const all = yield* Effect.forkChild(many(8, send))
      yield* until("begin", 8)
      const last = yield* Effect.forkChild(send)
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(last)
      yield* until("request t1", 4)
      for (const requested of [8, 8]) {
        yield* TestClock.adjust("1 second")
        yield* until("request t1", requested)
      }
      yield* Fiber.join(all)
      assert.lengthOf(yield* requests, 8)
      const again = yield* Effect.forkChild(many(4, send))
      yield* until("request t1", 12)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(again)
    })
  )

  it.effect("once the mailbox is blocked, what has begun is not requested and nothing more begins", () =>
    Effect.gen(function* () {
      const { begins, requests, send, until } = yield* setup(slowly(403))
      const all = yield* Effect.forkChild(many(20, reason(send)))
      yield* until("begin", 8)
      yield* until("request t1", 4)
      yield* TestClock.adjust("5 seconds")
      for (const each of yield* Fiber.join(all)) assert.deepInclude(each, { _tag: "Blocked", scope: "mailbox" })
      assert.lengthOf(yield* requests, 4)
      assert.strictEqual(yield* begins, 8)
    })
  )

  it.effect("what has begun and finds no place in time is surely unsent, and says so within the send timeout", () =>
    Effect.gen(function* () {
      const { requests, send, until } = yield* setup(() => Effect.never)
      const all = yield* Effect.forkChild(many(8, reason(send)))
      yield* until("begin", 8)
      yield* until("request t1", 4)
      yield* TestClock.adjust(sendTimeout)
      const tags = (yield* Fiber.join(all)).map(({ _tag }) => _tag)
      assert.deepStrictEqual(tags.toSorted(), [...Array(4).fill("Transient"), ...Array(4).fill("Uncertain")])
      assert.lengthOf(yield* requests, 4)
    })
  )

  it.effect("what waited so long that a slow answer would come too late is not requested, and surely unsent", () =>
    Effect.gen(function* () {
      const { requests, send, until } = yield* setup(() => Effect.andThen(Effect.sleep("11 seconds"), status(202)))
      const all = yield* Effect.forkChild(many(8, Effect.result(send)))
      yield* until("begin", 8)
      yield* until("request t1", 4)
      yield* TestClock.adjust("11 seconds")
      const results = yield* Fiber.join(all)
      const failures = results.flatMap((result) => (Result.isFailure(result) ? [result.failure.reason._tag] : []))
      assert.deepStrictEqual(failures, Array(4).fill("Transient"))
      assert.lengthOf(yield* requests, 4)
    })
  )

  it.effect("a database whose server hangs holds up no other that uses the mailbox", () =>
    Effect.gen(function* () {
      const { mailer, other } = yield* setup(() => status(202))
      const answered = yield* Deferred.make<void>()
      const hanging = yield* Effect.forkChild(
        many(Deck.permits, mailer.send(Effect.succeed(mail), Deferred.await(answered)))
      )
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* other.send(Effect.succeed(mail), Effect.void), { requestId: undefined })
      assert.isUndefined(hanging.pollUnsafe())
      yield* Deferred.succeed(answered, undefined)
      assert.lengthOf(yield* Fiber.join(hanging), Deck.permits)
    })
  )

  it.effect(
    "none are told before the first mail was accepted, nor long after it, nor where requests are in flight, nor after a refusal",
    () =>
      Effect.gen(function* () {
        const { mailer, send, until } = yield* setup(
          answers(
            () => status(202),
            () => Effect.andThen(Effect.sleep("5 seconds"), status(202)),
            () => status(202),
            () => status(403)
          )
        )
        assert.deepStrictEqual(yield* mailer.places, { all: 0, free: 0 })
        yield* send
        assert.deepStrictEqual(yield* mailer.places, { all: 64, free: 64 })
        const slow = yield* Effect.forkChild(send)
        yield* until("request t1", 2)
        assert.deepStrictEqual(yield* mailer.places, { all: 64, free: 63 })
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(slow)
        // Where requests are slow, as many may wait as are in flight.
        assert.deepStrictEqual(yield* mailer.places, { all: 8, free: 8 })
        // Its token may have expired.
        yield* TestClock.adjust("5 minutes")
        assert.deepStrictEqual(yield* mailer.places, { all: 0, free: 0 })
        yield* send
        yield* Effect.flip(send)
        assert.deepStrictEqual(yield* mailer.places, { all: 0, free: 0 })
      })
  )
})

const taking =
  (time: Duration.Input, code = 202) =>
  () =>
    Effect.andThen(Effect.sleep(time), status(code))
const slowly = (code: number) => taking("5 seconds", code)

const many = <A, E>(count: number, send: Effect.Effect<A, E>) =>
  Effect.all(
    Array.from({ length: count }, () => send),
    { concurrency: "unbounded" }
  )
