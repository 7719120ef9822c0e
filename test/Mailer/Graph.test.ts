// Sending through Graph, on a clock of our own, against an HTTP client that answers from a function.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Redacted, Ref, Tracer } from "effect"
import { HttpClientError, type HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { Mailer, MailerError, sendTimeout } from "../../src/Mailer.ts"
import * as Connections from "../../src/Mailer/Connections.ts"
import * as Graph from "../../src/Mailer/Graph.ts"
import * as Mime from "../../src/Mailer/Mime.ts"
import { TokenCache } from "../../src/Mailer/TokenCache.ts"
import { bearer, blocked, bodyText, failed, httpClient, mail, plain, type Respond, transient } from "./samples.ts"

const sender = {
  cloud: { login: "https://login.example.com", graph: "https://graph.example.com", emulated: false },
  from: "no+reply@example.com"
}

const status = (code: number, headers: Record<string, string> = {}) =>
  Effect.sync(() => new Response(null, { status: code, headers }))

/** A mailer whose login names its tokens t1, t2, …, and what happened around it, in order. */
const setup = Effect.fnUntraced(function* (respond: Respond) {
  const events = yield* Ref.make<ReadonlyArray<string>>([])
  const requests = yield* Ref.make<ReadonlyArray<HttpClientRequest.HttpClientRequest>>([])
  const note = (event: string) => Ref.update(events, (all) => [...all, event])
  const login = yield* Ref.make<Effect.Effect<void, MailerError>>(Effect.void)
  const serial = yield* Ref.make(1)
  const tokens = Layer.succeed(TokenCache, {
    get: Effect.gen(function* () {
      yield* note("token")
      yield* Effect.flatten(Ref.get(login))
      return Redacted.make(`t${yield* Ref.get(serial)}`)
    }),
    invalidate: (refused) =>
      note(`invalidate ${Redacted.value(refused)}`).pipe(Effect.andThen(Ref.update(serial, (n) => n + 1)))
  })
  const client = httpClient((request) =>
    note(`request ${bearer(request)}`).pipe(
      Effect.andThen(Ref.update(requests, (all) => [...all, request])),
      Effect.andThen(respond(request))
    )
  )
  // Putting a mail together takes real time, which the test's clock does not know.
  const until = (event: string, count: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      while ((yield* Ref.get(events)).filter((each) => each === event).length < count) yield* breath
    })
  const mailer = yield* Graph.make(sender).pipe(Effect.provide(Layer.mergeAll(tokens, client)))
  const send = mailer.send(mail, note("begin"))
  return { mailer, send, login, until, events: Ref.get(events), requests: Ref.get(requests) }
})

const breath = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

const reason = <A>(send: Effect.Effect<A, MailerError>) => Effect.map(Effect.flip(send), (error) => plain(error.reason))

/** Answers one after the other, the last for ever. */
const answers = (first: Respond, ...rest: ReadonlyArray<Respond>): Respond => {
  const left = [first, ...rest]
  return (request) => Effect.suspend(() => (left.length > 1 ? left.shift()! : left[0]!)(request))
}

describe("Graph", () => {
  it.effect("posts the mail as base64 MIME to the mailbox, with the correlation id", () =>
    Effect.gen(function* () {
      const { requests, send } = yield* setup(() => status(202, { "request-id": "r-1" }))
      assert.deepStrictEqual(yield* send, { requestId: "r-1" })
      const [request] = yield* requests
      assert.strictEqual(request?.method, "POST")
      assert.strictEqual(request?.url, "https://graph.example.com/v1.0/users/no%2Breply%40example.com/sendMail")
      assert.strictEqual(request?.headers["content-type"], "text/plain")
      assert.strictEqual(request?.headers["client-request-id"], mail.correlationId)
      assert.strictEqual(request?.headers["return-client-request-id"], "true")
      assert.strictEqual(bodyText(request!), (yield* Mime.render(mail)).toString("base64"))
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
        assert.strictEqual(yield* Effect.flip(mailer.send(mail, Effect.fail("lease lost" as const))), "lease lost")
      }
      assert.lengthOf(yield* requests, 0)
      yield* send
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
      const { requests, send } = yield* setup(() => status(401))
      assert.deepInclude(yield* reason(send), { _tag: "Blocked", scope: "credential" })
      assert.lengthOf(yield* requests, 2)
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

  it.effect("has at most four requests in flight; the fifth begins when one ends", () =>
    Effect.gen(function* () {
      const { events, requests, send, until } = yield* setup(() =>
        Effect.andThen(Effect.sleep("5 seconds"), status(202))
      )
      const all = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 6 }, () => send),
          { concurrency: "unbounded" }
        )
      )
      yield* until("request t1", 4)
      yield* TestClock.adjust("4 seconds")
      assert.lengthOf(yield* requests, Graph.inFlight)
      assert.lengthOf(
        (yield* events).filter((event) => event === "begin"),
        Graph.inFlight
      )
      yield* TestClock.adjust("1 second")
      yield* until("request t1", 6)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(all)
    })
  )

  it.effect("one that waits for a place is interrupted at once, and takes none with it", () =>
    Effect.gen(function* () {
      const { requests, send, until } = yield* setup(() => Effect.andThen(Effect.sleep("5 seconds"), status(202)))
      const four = yield* Effect.forkChild(Effect.all([send, send, send, send], { concurrency: "unbounded" }))
      const fifth = yield* Effect.forkChild(send)
      yield* until("request t1", 4)
      yield* Fiber.interrupt(fifth)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(four)
      assert.lengthOf(yield* requests, 4)
      const again = yield* Effect.forkChild(Effect.all([send, send, send, send], { concurrency: "unbounded" }))
      yield* until("request t1", 8)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(again)
    })
  )

  it.effect("one that waited for a place while the mailbox was blocked does not begin", () =>
    Effect.gen(function* () {
      const { events, send, until } = yield* setup(() => Effect.andThen(Effect.sleep("5 seconds"), status(403)))
      const all = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 6 }, () => reason(send)),
          { concurrency: "unbounded" }
        )
      )
      yield* until("request t1", 4)
      yield* TestClock.adjust("5 seconds")
      for (const each of yield* Fiber.join(all)) assert.deepInclude(each, { _tag: "Blocked", scope: "mailbox" })
      assert.lengthOf(
        (yield* events).filter((event) => event === "begin"),
        4
      )
    })
  )

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

  it.effect("a status that came in time counts, even if its body never ends", () =>
    Effect.gen(function* () {
      const endless = Effect.sync(() => new Response(new ReadableStream(), { status: 202 }))
      const { send, until } = yield* setup(() => Effect.andThen(Effect.sleep("18 seconds"), endless))
      const sending = yield* Effect.forkChild(send)
      yield* until("request t1", 1)
      yield* TestClock.adjust("18 seconds")
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(sending), { requestId: undefined })
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
        .send(mail, Deferred.await(begun))
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
      const lost: Respond = (request) =>
        Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({
              request,
              cause: Object.assign(new Error(), { code: "ECONNRESET" })
            })
          })
        )
      const { send } = yield* setup(lost)
      assert.strictEqual((yield* reason(send))._tag, "Uncertain")

      const cloud = { ...sender.cloud, graph: "http://127.0.0.1:1" }
      const tokens = Layer.succeed(TokenCache, {
        get: Effect.succeed(Redacted.make("t")),
        invalidate: () => Effect.void
      })
      const mailer = Graph.layer({ ...sender, cloud }).pipe(Layer.provide([tokens, Connections.layer()]))
      const refused = yield* Mailer.use((service) => reason(service.send(mail, Effect.void))).pipe(
        Effect.provide(mailer)
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
      assert.isAbove(spans.length, 1)
      for (const span of spans) {
        assert.notMatch(JSON.stringify([...span.attributes]), /Bearer|t1/)
      }
      assert.notMatch(`${error.stack} ${JSON.stringify(error)}`, /Bearer|t1\b|desk@|zoe@|Sedan/)
      assert.notMatch(Object.keys(request?.headers ?? {}).join(" "), /traceparent|b3/)
    })
  )
})
