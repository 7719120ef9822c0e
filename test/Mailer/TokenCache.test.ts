// oxlint-disable max-lines -- the promises of one room, which share their setup
// The promises of the token cache, on a clock of our own.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Exit, Fiber, Logger, Redacted, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import { type MailerError, Transient } from "../../src/Mailer.ts"
import * as TokenCache from "../../src/Mailer/TokenCache.ts"
import { blocked, failed, plain, transient } from "./samples.ts"

type Answer = Effect.Effect<void, MailerError>

/** A login that names its tokens t1, t2, …; each acquisition takes `takes`, then does what `answer` says. */
const login = Effect.fnUntraced(function* (life: Duration.Input, takes: Duration.Input = 0) {
  const requests = yield* Ref.make(0)
  const answer = yield* Ref.make<Answer>(Effect.void)
  const acquire = Effect.gen(function* () {
    const n = yield* Ref.updateAndGet(requests, (count) => count + 1)
    yield* Effect.sleep(takes)
    yield* Effect.flatten(Ref.get(answer))
    const now = yield* Clock.currentTimeMillis
    return { token: Redacted.make(`t${n}`), expiresAt: now + Duration.toMillis(life) }
  })
  const cache = yield* TokenCache.make(acquire)
  return { requests: Ref.get(requests), answer, cache, get: Effect.map(cache.get, Redacted.value) }
})

const reasonOf = (get: Effect.Effect<unknown, MailerError>) =>
  Effect.map(Effect.flip(get), (error) => plain(error.reason))

const many = <A, E>(count: number, effect: Effect.Effect<A, E>) =>
  Effect.all(
    Array.from({ length: count }, () => effect),
    { concurrency: "unbounded" }
  )

describe("TokenCache", () => {
  it.effect("makes one request for a hundred fibers, and all get its token", () =>
    Effect.gen(function* () {
      const { get, requests } = yield* login("1 hour", "1 second")
      const fibers = yield* Effect.forkChild(many(100, get))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(new Set(yield* Fiber.join(fibers)), new Set(["t1"]))
      assert.strictEqual(yield* requests, 1)
    })
  )

  it.effect("interrupting the first fiber in the middle of its request fails nobody else and repeats nothing", () =>
    Effect.gen(function* () {
      const { get, requests } = yield* login("1 hour", "2 seconds")
      const first = yield* Effect.forkChild(get)
      const others = yield* Effect.forkChild(many(99, get))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(new Set(yield* Fiber.join(others)), new Set(["t1"]))
      assert.strictEqual(yield* requests, 1)
    })
  )

  it.effect("serves the token it has until the margin before expiry", () =>
    Effect.gen(function* () {
      const { get, requests } = yield* login("1 hour")
      yield* get
      yield* TestClock.adjust("54 minutes")
      assert.strictEqual(yield* get, "t1")
      assert.strictEqual(yield* requests, 1)
    })
  )

  it.effect("serves the valid token at once while one request renews it", () =>
    Effect.gen(function* () {
      const { get, requests } = yield* login("1 hour", "3 seconds")
      yield* Effect.forkChild(get)
      yield* TestClock.adjust("56 minutes")
      assert.deepStrictEqual(yield* Effect.all([get, get, get]), ["t1", "t1", "t1"])
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* get, "t2")
      assert.strictEqual(yield* requests, 2)
    })
  )

  it.effect("goes on serving the valid token when its renewal fails, and rests before the next one", () =>
    Effect.gen(function* () {
      const { answer, get, requests } = yield* login("1 hour")
      yield* get
      yield* Ref.set(answer, Effect.fail(failed(blocked)))
      yield* TestClock.adjust("56 minutes")
      yield* get
      yield* TestClock.adjust(0)
      assert.strictEqual(yield* get, "t1")
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(yield* get, "t1")
      assert.strictEqual(yield* requests, 2)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get, "t1")
      yield* TestClock.adjust(0)
      assert.strictEqual(yield* requests, 3)
    })
  )

  it.effect("says once that a renewal failed, and nothing when it succeeds", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const logger = Logger.make(({ message }) => void lines.push(message))
      yield* Effect.gen(function* () {
        const { answer, get, requests } = yield* login("1 hour")
        yield* get
        yield* Ref.set(answer, Effect.fail(failed(transient)))
        yield* TestClock.adjust("56 minutes")
        yield* Effect.all([get, get])
        yield* TestClock.adjust("5 seconds")
        yield* Ref.set(answer, Effect.void)
        yield* get
        yield* TestClock.adjust(0)
        assert.strictEqual(yield* requests, 3)
      }).pipe(Effect.provide(Logger.layer([logger])))
      assert.lengthOf(lines, 1)
      assert.include(String(lines[0]), "Renewing the access token failed")
    })
  )

  it.effect("does not serve a token that is about to expire", () =>
    Effect.gen(function* () {
      const { answer, get } = yield* login("1 hour")
      yield* get
      yield* Ref.set(answer, Effect.fail(failed(blocked)))
      yield* TestClock.adjust("3589 seconds")
      assert.strictEqual(yield* get, "t1")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* reasonOf(get), plain(blocked))
    })
  )

  it.effect("keeps a short-lived token for most of its life", () =>
    Effect.gen(function* () {
      const { get, requests } = yield* login("20 seconds")
      yield* get
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* get, "t1")
      yield* TestClock.adjust(0)
      assert.strictEqual(yield* requests, 1)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* get, "t2")
    })
  )

  it.effect("after a failure fails at once with the same reason, resting 5 s, then longer, up to a minute", () =>
    Effect.gen(function* () {
      const { answer, get, requests } = yield* login("1 hour")
      yield* Ref.set(answer, Effect.fail(failed(blocked)))
      for (const [index, rest] of [5, 10, 20, 40, 60, 60].entries()) {
        assert.deepStrictEqual(yield* reasonOf(get), plain(blocked))
        assert.strictEqual(yield* requests, index + 1)
        yield* TestClock.adjust(Duration.seconds(rest - 1))
        assert.deepStrictEqual(yield* reasonOf(get), plain(blocked))
        assert.strictEqual(yield* requests, index + 1)
        yield* TestClock.adjust("1 second")
      }
    })
  )

  it.effect("rests for as long as the login asked, and says how much of it is left", () =>
    Effect.gen(function* () {
      const { answer, get, requests } = yield* login("1 hour")
      const reason = new Transient({ detail: "busy", retryAfter: Duration.seconds(90) })
      yield* Ref.set(answer, Effect.fail(failed(reason)))
      assert.deepStrictEqual(yield* reasonOf(get), plain(reason))
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(
        yield* reasonOf(get),
        plain(new Transient({ detail: "busy", retryAfter: Duration.seconds(30) }))
      )
      assert.strictEqual(yield* requests, 1)
      yield* Ref.set(answer, Effect.void)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* get, "t2")
    })
  )

  it.effect("drops a refused token only if it is still the one it holds", () =>
    Effect.gen(function* () {
      const { cache, get, requests } = yield* login("1 hour")
      const first = yield* cache.get
      yield* cache.invalidate(Redacted.make("t1"))
      assert.strictEqual(yield* get, "t2")
      yield* many(100, cache.invalidate(first))
      assert.strictEqual(yield* get, "t2")
      assert.strictEqual(yield* requests, 2)
    })
  )

  it.effect("a crash of the acquisition reaches those who wait, and the next one tries again", () =>
    Effect.gen(function* () {
      const { answer, get } = yield* login("1 hour")
      yield* Ref.set(answer, Effect.die("broken"))
      assert.strictEqual((yield* Effect.exit(get))._tag, "Failure")
      yield* Ref.set(answer, Effect.void)
      assert.strictEqual(yield* get, "t2")
    })
  )

  it.effect("closing its scope ends a request under way", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const ended = yield* Deferred.make<void>()
      const acquire = Effect.never.pipe(Effect.onInterrupt(() => Deferred.succeed(ended, undefined)))
      const cache = yield* Scope.provide(TokenCache.make(acquire), scope)
      yield* Effect.forkChild(cache.get)
      yield* TestClock.adjust(0)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(ended)
    })
  )
})
