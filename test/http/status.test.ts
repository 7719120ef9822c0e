// What is said of how everything fares.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Blocked, type Standing, Throttled } from "../../src/Mailer.ts"
import type { State } from "../../src/State.ts"
import { StatusDocument } from "../../src/StatusDocument.ts"
import { asking, away, counted, listening, since, staged } from "../support/routes.ts"

const readiness = Effect.fnUntraced(function* (states: Readonly<Record<string, State>>, standing?: Standing) {
  const { answer } = yield* staged(states, {}, standing)
  const { body, status } = yield* answer(asking("/readyz"))
  return [status, JSON.parse(body).condition]
})

describe("/readyz", () => {
  const waiting: State = { _tag: "waiting", reason: "it is away", nextAttempt: since }
  const deaf: State = { _tag: "polling", reason: "a pooler", wanted: false }

  it.effect("is 200 while every database can be mailed from, and tells one that mails late", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readiness({ a: listening, b: listening }), [200, "sound"])
      assert.deepStrictEqual(yield* readiness({ a: { ...deaf, wanted: true } }), [200, "sound"])
      assert.deepStrictEqual(yield* readiness({ a: listening, b: deaf }), [200, "degraded"])
      assert.deepStrictEqual(yield* readiness({ a: deaf }), [200, "degraded"])
      const held: State = { _tag: "blocked", reason: "21 rows wait for a decision", nextAttempt: undefined }
      assert.deepStrictEqual(yield* readiness({ a: held }), [200, "degraded"])
    })
  )

  it.effect("is 503 as soon as one cannot, and tells that from all that cannot", () =>
    Effect.gen(function* () {
      for (const state of [
        waiting,
        { _tag: "connecting" },
        { _tag: "blocked", reason: "the password", nextAttempt: since },
        { _tag: "quarantined", reason: "8 crashes", nextAttempt: since }
      ] satisfies ReadonlyArray<State>) {
        assert.deepStrictEqual(yield* readiness({ a: listening, b: state }), [503, "degraded"], state._tag)
        assert.deepStrictEqual(yield* readiness({ a: state, b: state }), [503, "down"], state._tag)
      }
    })
  )

  it.effect(
    "is 503 while the mailbox is blocked, also when it is to be tried again, and 200 while it is throttled",
    () =>
      Effect.gen(function* () {
        const wait = Duration.seconds(30)
        const blocked = new Blocked({ scope: "mailbox", detail: "no right", advice: "Grant it." })
        const throttled = new Throttled({ detail: "too many", retryAfter: wait })
        const all = { a: listening }
        assert.deepStrictEqual(yield* readiness(all, { _tag: "Closed", wait, reason: blocked }), [503, "down"])
        assert.deepStrictEqual(yield* readiness(all, { _tag: "Probe", reason: blocked }), [503, "down"])
        assert.deepStrictEqual(yield* readiness(all, { _tag: "Closed", wait, reason: throttled }), [200, "degraded"])
      })
  )
})

describe("/api/status", () => {
  it.effect("is the document that its Schema describes, with the counts of each database", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening })
      const { body } = yield* answer(asking("/api/status"))
      const { databases, worker } = yield* Schema.decodeEffect(Schema.fromJsonString(StatusDocument))(body)
      assert.match(worker?.version ?? "", /^\d/)
      assert.deepStrictEqual(databases, [
        {
          ...{ name: "autos", condition: "sound", state: "listening", reason: null },
          ...{ since: "1970-01-01T00:00:00.000Z", nextAttempt: null, crashes: 0, restarts: 0 },
          ...{ mailbox: { standing: "open", reason: null, nextAttempt: null }, runBy: null, counts: counted }
        }
      ])
    })
  )

  it.effect("asks each database for its counts once in five seconds, and waits for none that does not answer", () =>
    Effect.gen(function* () {
      let asked = 0
      const counts = (database: string) =>
        Effect.suspend(() => {
          asked++
          return database === "hung" ? Effect.never : database === "away" ? Effect.fail(away) : Effect.succeed(counted)
        })
      const { answer } = yield* staged({ autos: listening, hung: listening, away: listening }, { counts })
      const look = Effect.map(answer(asking("/api/status")), ({ body }) =>
        JSON.parse(body).databases.map((one: { readonly counts: unknown }) => one.counts)
      )
      const first = yield* Effect.forkChild(look, { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(first.pollUnsafe(), yield* Effect.exit(Effect.succeed([counted, null, null])))
      yield* look
      assert.strictEqual(asked, 3)
      yield* TestClock.adjust("5 seconds")
      const later = yield* Effect.forkChild(look, { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.isDefined(later.pollUnsafe())
      assert.strictEqual(asked, 6)
    })
  )
})
