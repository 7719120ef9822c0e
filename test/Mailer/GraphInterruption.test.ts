// What the adapter promises when time runs out, a caller goes away or the connection breaks.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber, Layer, Redacted, Ref, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { sendTimeout } from "../../src/Mailer.ts"
import * as Connections from "../../src/Mailer/Connections.ts"
import { Lost } from "../../src/Mailer/Exchange.ts"
import * as Graph from "../../src/Mailer/Graph.ts"
import { TokenCache } from "../../src/Mailer/TokenCache.ts"
import { mail, type Respond } from "./samples.ts"
import { sender, status, setup, breath, reason, answers } from "./graphMailer.ts"

describe("Graph", () => {
  it.effect("an answer that does not come within the send timeout leaves it open whether the mail was sent", () =>
    Effect.gen(function* () {
      const { send, until } = yield* setup(() => Effect.never)
      const sending = yield* Effect.forkChild(reason(send))
      yield* until("request t1", 1)
      yield* TestClock.adjust(Duration.millis(18_999))
      assert.isUndefined(sending.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(sending))._tag, "Uncertain")
    })
  )

  it.effect("a wall clock that is set meanwhile takes no time from it", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      let ahead = 0
      const wall = () => clock.currentTimeMillisUnsafe() + ahead
      const set: Clock.Clock = { ...clock, currentTimeMillisUnsafe: wall, currentTimeMillis: Effect.sync(wall) }
      const { mailer, requests } = yield* setup(() => status(202))
      const compose = Effect.sync(() => {
        ahead = 3_600_000
        return mail
      })
      yield* mailer.send(compose, Effect.void).pipe(Effect.provideService(Clock.Clock, set))
      assert.lengthOf(yield* requests, 1)
    })
  )

  it.effect("both requests and the login between them share the send timeout", () =>
    Effect.gen(function* () {
      const { login, send, until } = yield* setup(
        answers(
          () => Effect.andThen(Effect.sleep("8 seconds"), status(401)),
          () => Effect.never
        )
      )
      const sending = yield* Effect.forkChild(reason(send))
      yield* until("request t1", 1)
      yield* Ref.set(login, Effect.sleep("8 seconds"))
      yield* TestClock.adjust("8 seconds")
      yield* until("token", 2)
      yield* TestClock.adjust("8 seconds")
      yield* until("request t2", 1)
      yield* TestClock.adjust("2999 millis")
      assert.isUndefined(sending.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(sending))._tag, "Uncertain")
    })
  )

  it.effect("if the token is refused too late to try again the mail was surely not sent", () =>
    Effect.gen(function* () {
      const cases = [
        [Duration.seconds(10), Effect.sleep("1 minute")],
        [Duration.seconds(19), Effect.sleep("1 minute")],
        [Duration.seconds(19), Effect.void]
      ] as const
      for (const [takes, loginTakes] of cases) {
        const respond = () => Effect.andThen(Effect.sleep(takes), status(401))
        const { login, requests, send, until } = yield* setup(respond)
        const sending = yield* Effect.forkChild(reason(send))
        yield* until("request t1", 1)
        yield* Ref.set(login, loginTakes)
        yield* TestClock.adjust(takes)
        yield* until("token", 2)
        yield* TestClock.adjust(Duration.subtract(sendTimeout, takes))
        assert.strictEqual((yield* Fiber.join(sending))._tag, "Transient")
        assert.lengthOf(yield* requests, 1)
      }
    })
  )

  it.effect("is interrupted while it waits for a token, and then begins nothing", () =>
    Effect.gen(function* () {
      const { events, login, send } = yield* setup(() => status(202))
      yield* Ref.set(login, Effect.never)
      const sending = yield* Effect.forkChild(Effect.uninterruptible(send))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(sending)
      assert.deepStrictEqual(yield* events, ["token"])
    })
  )

  it.effect("is not interrupted once it began, and an uninterruptible caller learns the outcome", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const settled = yield* Deferred.make<string | undefined>()
      const { mailer, until } = yield* setup(() =>
        Effect.andThen(Effect.sleep("5 seconds"), status(202, { "request-id": "r-1" }))
      )
      const caller = mailer
        .send(Effect.succeed(mail), Deferred.await(begun))
        .pipe(Effect.tap(({ requestId }) => Deferred.succeed(settled, requestId)))
      const sending = yield* Effect.forkChild(Effect.uninterruptible(caller))
      yield* until("token", 1)
      for (let n = 0; n < 20; n++) yield* breath
      const interruption = yield* Effect.forkChild(Fiber.interrupt(sending))
      yield* Deferred.succeed(begun, undefined)
      yield* until("request t1", 1)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(interruption)
      assert.strictEqual(yield* Deferred.await(settled), "r-1")
    })
  )

  it.effect("an interrupted caller does not keep a request that began from being finished and judged", () =>
    Effect.gen(function* () {
      const { mailer, send, until } = yield* setup(() => Effect.andThen(Effect.sleep("5 seconds"), status(403)))
      const sending = yield* Effect.forkChild(send)
      yield* until("request t1", 1)
      const interruption = yield* Effect.forkChild(Fiber.interrupt(sending))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(interruption)
      assert.strictEqual((yield* mailer.standing)._tag, "Closed")
    })
  )

  it.live("without a connection the mail was surely not sent; after a reset nobody knows", () =>
    Effect.gen(function* () {
      const lost: Respond = () => Effect.fail(new Lost({ unsent: false, code: "ECONNRESET" }))
      const { send } = yield* setup(lost)
      assert.strictEqual((yield* reason(send))._tag, "Uncertain")

      const cloud = { ...sender.cloud, graph: "http://127.0.0.1:1" }
      const tokens = Layer.succeed(TokenCache, {
        get: Effect.succeed(Redacted.make("t")),
        invalidate: () => Effect.void
      })
      const refused = yield* Graph.mailbox({ ...sender, cloud }).pipe(
        Effect.flatMap(({ mailer }) => mailer),
        Effect.flatMap((mailer) => reason(mailer.send(Effect.succeed(mail), Effect.void))),
        Effect.provide([tokens, Connections.layer()])
      )
      assert.deepInclude(refused, { _tag: "Transient", detail: "Microsoft Graph cannot be reached: ECONNREFUSED." })
    })
  )

  it.effect("neither traces nor failures show the token, and no trace header leaves the house", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const { requests, send } = yield* setup(() => status(400))
      const error = yield* Effect.flip(send).pipe(Effect.withTracer(tracer))
      const [request] = yield* requests
      assert.isNotEmpty(spans)
      for (const span of spans) {
        assert.notMatch(JSON.stringify([...span.attributes]), /Bearer|t1/)
      }
      assert.notMatch(`${error.stack} ${JSON.stringify(error)}`, /Bearer|t1\b|desk@|zoe@|Sedan/)
      assert.notMatch(Object.keys(request?.headers ?? {}).join(" "), /traceparent|b3/)
    })
  )
})
