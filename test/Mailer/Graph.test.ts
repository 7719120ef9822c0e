// Sending through Graph, on a clock of our own, against an HTTP client that answers from a function.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import * as Graph from "../../src/Mailer/Graph.ts"
import * as Mime from "../../src/Mailer/Mime.ts"
import { blocked, failed, mail, plain, transient } from "./samples.ts"
import { status, setup, reason, answers } from "./graphMailer.ts"

describe("Graph", () => {
  it.effect("posts the mail as base64 MIME to the mailbox, with the correlation id", () =>
    Effect.gen(function* () {
      const { requests, send } = yield* setup(() => status(202, { "request-id": "r-1" }))
      assert.deepStrictEqual(yield* send, { requestId: "r-1" })
      const [request] = yield* requests
      assert.strictEqual(request?.url, "https://graph.example.com/v1.0/users/no%2Breply%40example.com/sendMail")
      assert.strictEqual(request?.headers["content-type"], "text/plain")
      assert.strictEqual(request?.headers["client-request-id"], mail.correlationId)
      assert.strictEqual(request?.headers["return-client-request-id"], "true")
      assert.strictEqual(request?.body, (yield* Mime.render(mail)).toString("base64"))
    })
  )

  it.effect("begins once, after it has a token and right before the request", () =>
    Effect.gen(function* () {
      const { events, send } = yield* setup(() => status(202))
      yield* send
      assert.deepStrictEqual(yield* events, ["token", "begin", "request t1"])
    })
  )

  it.effect("sends nothing if beginning fails, says why, and frees its place", () =>
    Effect.gen(function* () {
      const { mailer, requests, send } = yield* setup(() => status(202))
      for (let n = 0; n <= Graph.inFlight; n++) {
        assert.strictEqual(
          yield* Effect.flip(mailer.send(Effect.succeed(mail), Effect.fail("lease lost" as const))),
          "lease lost"
        )
      }
      assert.lengthOf(yield* requests, 0)
      yield* send
    })
  )

  it.effect("requests nothing once 20 s have passed since it asked to begin, however late the answer came", () =>
    Effect.gen(function* () {
      const { mailer, requests } = yield* setup(() => status(202))
      const beginning = Effect.fnUntraced(function* (time: Duration.Input) {
        const sending = yield* Effect.forkChild(mailer.send(Effect.succeed(mail), Effect.sleep(time)))
        yield* TestClock.adjust(time)
        return yield* Fiber.join(sending)
      })
      yield* beginning("19 seconds")
      assert.lengthOf(yield* requests, 1)
      assert.strictEqual((yield* Effect.flip(beginning("21 seconds"))).reason._tag, "Transient")
      assert.lengthOf(yield* requests, 1)
      // Begun by its claim, which was asked for at zero: the clock has gone on for 40 s.
      const late = mailer.send(Effect.succeed(mail), Effect.void, 0)
      assert.strictEqual((yield* Effect.flip(late)).reason._tag, "Transient")
      assert.lengthOf(yield* requests, 1)
      yield* mailer.send(Effect.succeed(mail), Effect.void, 21_000)
      assert.lengthOf(yield* requests, 2)
    })
  )

  it.effect("without a token it does not begin, and a blocked credential closes the mailbox", () =>
    Effect.gen(function* () {
      const { events, login, mailer, send } = yield* setup(() => status(202))
      yield* Ref.set(login, Effect.fail(failed(transient)))
      assert.deepStrictEqual(yield* reason(send), plain(transient))
      assert.deepStrictEqual(yield* mailer.standing, { _tag: "Open" })
      yield* Ref.set(login, Effect.fail(failed(blocked)))
      assert.deepStrictEqual(yield* reason(send), plain(blocked))
      assert.deepStrictEqual(yield* reason(send), plain(blocked))
      assert.deepStrictEqual(yield* events, ["token", "token"])
      assert.strictEqual((yield* mailer.standing)._tag, "Closed")
    })
  )

  it.effect("after a throttle fails at once until its time is over", () =>
    Effect.gen(function* () {
      const { events, send } = yield* setup(
        answers(
          () => status(429, { "retry-after": "10" }),
          () => status(202)
        )
      )
      assert.propertyVal(yield* reason(send), "_tag", "Throttled")
      yield* TestClock.adjust("4 seconds")
      assert.deepInclude(yield* reason(send), { _tag: "Throttled", retryAfter: Duration.seconds(6) })
      assert.lengthOf(yield* events, 3)
      yield* TestClock.adjust("6 seconds")
      yield* send
    })
  )

  it.effect("after a refused token tries once more with a fresh one, without beginning again", () =>
    Effect.gen(function* () {
      const { events, mailer, send } = yield* setup(
        answers(
          () => status(401),
          () => status(202)
        )
      )
      yield* send
      assert.deepStrictEqual(yield* events, ["token", "begin", "request t1", "invalidate t1", "token", "request t2"])
      assert.deepStrictEqual(yield* mailer.standing, { _tag: "Open" })
    })
  )

  it.effect("blocks the credential if the fresh token is refused too", () =>
    Effect.gen(function* () {
      const { events, send } = yield* setup(() => status(401))
      assert.deepInclude(yield* reason(send), { _tag: "Blocked", scope: "credential" })
      assert.deepStrictEqual((yield* events).slice(2), [
        "request t1",
        "invalidate t1",
        "token",
        "request t2",
        "invalidate t2"
      ])
    })
  )

  it.effect("fails with the login's reason if there is no fresh token", () =>
    Effect.gen(function* () {
      const { login, send, until } = yield* setup(() => Effect.andThen(Effect.sleep("1 second"), status(401)))
      const sending = yield* Effect.forkChild(reason(send))
      yield* until("request t1", 1)
      yield* Ref.set(login, Effect.fail(failed(transient)))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(sending), plain(transient))
    })
  )
})
