// What a failed acquisition does to the token cache: the valid token goes on being served, and nobody stampedes.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger, Ref } from "effect"
import { TestClock } from "effect/testing"
import { Transient } from "../../src/Mailer.ts"
import { login, reasonOf } from "./countedLogin.ts"
import { blocked, failed, plain, transient } from "./samples.ts"

describe("TokenCache after a failure", () => {
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

  it.effect("a crash of the acquisition reaches those who wait, and the next one tries again", () =>
    Effect.gen(function* () {
      const { answer, get } = yield* login("1 hour")
      yield* Ref.set(answer, Effect.die("broken"))
      assert.strictEqual((yield* Effect.exit(get))._tag, "Failure")
      yield* Ref.set(answer, Effect.void)
      assert.strictEqual(yield* get, "t2")
    })
  )
})
