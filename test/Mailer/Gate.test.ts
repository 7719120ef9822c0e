// The standing of a mailbox, on a clock of our own.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { type MailerError, type MailerReason, Rejected, type Standing, Uncertain } from "../../src/Mailer.ts"
import * as Gate from "../../src/Mailer/Gate.ts"
import { blocked, failed, plain, throttled, transient } from "./samples.ts"

const rejected = new Rejected({ detail: "bad mail" })
const uncertain = new Uncertain({ detail: "who knows" })

/** A gate, and a send that counts how often it got through. */
const setup = Effect.gen(function* () {
  const gate = yield* Gate.make
  const through = yield* Ref.make(0)
  const passed = Ref.update(through, (n) => n + 1)
  const send = (reason?: MailerReason) =>
    Effect.result(gate.guard(Effect.andThen(passed, reason === undefined ? Effect.void : Effect.fail(failed(reason)))))
  return { gate, send, passed, through: Ref.get(through), standing: Effect.map(gate.standing, shown) }
})

const shown = (standing: Standing) =>
  standing._tag === "Open" ? standing : { ...standing, reason: plain(standing.reason) }

const refusal = <A>(gate: Gate.Gate, send: Effect.Effect<A, MailerError> = Effect.die("let through") as never) =>
  Effect.map(Effect.flip(gate.guard(send)), (error) => plain(error.reason))

describe("Gate", () => {
  it.effect("is open, and stays so whatever happens to a single mail", () =>
    Effect.gen(function* () {
      const { send, standing, through } = yield* setup
      for (const reason of [undefined, transient, rejected, uncertain]) {
        yield* send(reason)
        assert.deepStrictEqual(yield* standing, { _tag: "Open" })
      }
      assert.strictEqual(yield* through, 4)
    })
  )

  it.effect("a throttle closes it for as long as was asked; who comes meanwhile learns how long is left", () =>
    Effect.gen(function* () {
      const { gate, send, standing } = yield* setup
      yield* send(throttled(40))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* refusal(gate), plain(throttled(30)))
      assert.deepStrictEqual(yield* standing, {
        _tag: "Closed",
        wait: Duration.seconds(30),
        reason: plain(throttled(30))
      })
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* standing, { _tag: "Open" })
    })
  )

  it.effect("a shorter throttle does not shorten a longer one, and a mail that got through does not lift it", () =>
    Effect.gen(function* () {
      const { gate, standing } = yield* setup
      const answer = yield* Deferred.make<void, MailerError>()
      const late = yield* Effect.forkChild(Effect.exit(gate.guard(Deferred.await(answer))))
      const good = yield* Deferred.make<void>()
      const fine = yield* Effect.forkChild(gate.guard(Deferred.await(good)))
      yield* TestClock.adjust(0)
      yield* Effect.exit(gate.guard(Effect.fail(failed(throttled(60)))))
      yield* Deferred.fail(answer, failed(throttled(5)))
      yield* Fiber.join(late)
      yield* Deferred.succeed(good, undefined)
      yield* Fiber.join(fine)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* standing)._tag, "Closed")
    })
  )

  it.effect("a block closes it; probes come after 30 s, then doubling up to 5 minutes", () =>
    Effect.gen(function* () {
      const { gate, send, standing, through } = yield* setup
      yield* send(blocked)
      for (const [index, wait] of [30, 60, 120, 240, 300, 300].entries()) {
        assert.deepStrictEqual(yield* standing, {
          _tag: "Closed",
          wait: Duration.seconds(wait),
          reason: plain(blocked)
        })
        yield* TestClock.adjust(Duration.seconds(wait - 1))
        assert.deepStrictEqual(yield* refusal(gate), plain(blocked))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* standing, { _tag: "Probe", reason: plain(blocked) })
        yield* send(blocked)
        assert.strictEqual(yield* through, index + 2)
      }
    })
  )

  it.effect("while the probe is under way everybody else fails at once", () =>
    Effect.gen(function* () {
      const { gate, send, standing } = yield* setup
      yield* send(blocked)
      yield* TestClock.adjust("30 seconds")
      const answer = yield* Deferred.make<void>()
      const probe = yield* Effect.forkChild(gate.guard(Deferred.await(answer)))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(yield* refusal(gate), plain(blocked))
      assert.deepStrictEqual(yield* standing, { _tag: "Closed", wait: Gate.underway, reason: plain(blocked) })
      yield* Deferred.succeed(answer, undefined)
      yield* Fiber.join(probe)
      assert.deepStrictEqual(yield* standing, { _tag: "Open" })
    })
  )

  it.effect("any answer to the probe but a block or a throttle ends the block, and the next block starts anew", () =>
    Effect.gen(function* () {
      for (const reason of [undefined, transient, rejected, uncertain]) {
        const { send, standing } = yield* setup
        yield* send(blocked)
        yield* TestClock.adjust("30 seconds")
        yield* send(blocked)
        yield* TestClock.adjust("60 seconds")
        yield* send(reason)
        assert.deepStrictEqual(yield* standing, { _tag: "Open" })
        yield* send(blocked)
        assert.deepStrictEqual(yield* standing, { _tag: "Closed", wait: Gate.probing.first, reason: plain(blocked) })
      }
    })
  )

  it.effect("a throttled probe ends the block and begins a pause", () =>
    Effect.gen(function* () {
      const { gate, send } = yield* setup
      yield* send(blocked)
      yield* TestClock.adjust("30 seconds")
      yield* send(throttled(7))
      assert.deepStrictEqual(yield* refusal(gate), plain(throttled(7)))
    })
  )

  it.effect("a probe that ended without reaching the mailbox leaves the next one free to try at once", () =>
    Effect.gen(function* () {
      const { gate, send, standing } = yield* setup
      yield* send(blocked)
      yield* TestClock.adjust("30 seconds")
      const probe = yield* Effect.forkChild(gate.guard(Effect.never))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(probe)
      assert.deepStrictEqual(yield* standing, { _tag: "Probe", reason: plain(blocked) })
      assert.strictEqual(
        yield* Effect.flip(gate.guard(Effect.fail("the database is gone" as const))),
        "the database is gone"
      )
      assert.deepStrictEqual(yield* standing, { _tag: "Probe", reason: plain(blocked) })
    })
  )

  it.effect("several sends that meet the same block count as one", () =>
    Effect.gen(function* () {
      const { gate, standing } = yield* setup
      const answer = yield* Deferred.make<void, MailerError>()
      const four = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 4 }, () => Effect.exit(gate.guard(Deferred.await(answer)))),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust(0)
      yield* Deferred.fail(answer, failed(blocked))
      yield* Fiber.join(four)
      assert.deepStrictEqual(yield* standing, { _tag: "Closed", wait: Gate.probing.first, reason: plain(blocked) })
    })
  )

  it.effect("a send from before the block does not put off the next probe", () =>
    Effect.gen(function* () {
      const { gate, send, standing } = yield* setup
      const answer = yield* Deferred.make<void, MailerError>()
      const early = yield* Effect.forkChild(Effect.exit(gate.guard(Deferred.await(answer))))
      yield* TestClock.adjust(0)
      yield* send(blocked)
      yield* TestClock.adjust("30 seconds")
      yield* send(blocked)
      yield* TestClock.adjust("20 seconds")
      yield* Deferred.fail(answer, failed(blocked))
      yield* Fiber.join(early)
      assert.deepStrictEqual(yield* standing, { _tag: "Closed", wait: Duration.seconds(40), reason: plain(blocked) })
    })
  )
})
