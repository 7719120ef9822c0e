// The promises of the token cache, on a clock of our own.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Redacted, Ref, Scope } from "effect"
import { TestClock } from "effect/testing"
import * as TokenCache from "../../src/Mailer/TokenCache.ts"
import { login, many, reasonOf } from "./countedLogin.ts"
import { blocked, failed, plain } from "./samples.ts"

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
