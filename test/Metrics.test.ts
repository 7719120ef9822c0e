import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Duration, Effect, Layer, Metric, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { deliver } from "../src/Delivery.ts"
import { Throttled } from "../src/Mailer.ts"
import { Connections } from "../src/Mailer/Connections.ts"
import { type Answer, Lost } from "../src/Mailer/Exchange.ts"
import * as Metrics from "../src/Metrics.ts"
import type { State, Status } from "../src/State.ts"
import { fakes, indifferent, notice, row, watched } from "./support/fakes.ts"
import { silently } from "./support/quiet.ts"

/** With series of its own, and a look at single ones of them. */
const alone = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  test.pipe(Effect.provideService(Metric.MetricRegistry, new Map()), silently)

const lines = Effect.map(Metrics.exposition, (text) =>
  text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace("inquiries_mailer_", ""))
)

const nonzero = Effect.map(lines, (all) => all.filter((line) => !line.endsWith(" 0")))

const { database, table } = watched
const databases = [{ ...database, tables: [table] }]
const labels = 'database="autos",table="public.inquiries"'

describe("Metrics", () => {
  it.effect("counts what became of each notice, and measures from its INSERT until its mail was accepted", () =>
    Effect.gen(function* () {
      const { layer } = fakes()
      yield* TestClock.setTime(100_000)
      const send = (key: string, found: ReturnType<typeof row> | undefined) =>
        deliver({ notice: notice(key, { createdAt: 93_000 }), watched, self: indifferent }, Effect.succeed(found))
      yield* Effect.provide(Effect.all([send("1", row("1")), send("2", row("2")), send("3", undefined)]), layer)
      const said = yield* nonzero
      assert.include(said, `notices_total{${labels},outcome="sent"} 2`)
      assert.include(said, `notices_total{${labels},outcome="gone"} 1`)
      assert.include(said, 'commit_to_accepted_seconds_sum{database="autos"} 14')
      assert.include(said, 'commit_to_accepted_seconds_bucket{database="autos",le="10"} 2')
      assert.include(yield* lines, 'commit_to_accepted_seconds_bucket{database="autos",le="5"} 0')
      assert.strictEqual(yield* Metrics.sent(databases[0]!), 2)
    }).pipe(alone)
  )

  it.effect("counts a throttle once a send, and the notice as postponed", () =>
    Effect.gen(function* () {
      const { layer } = fakes({ answer: () => new Throttled({ detail: "429.", retryAfter: Duration.seconds(1) }) })
      yield* Effect.provide(
        deliver({ notice: notice("1"), watched, self: indifferent }, Effect.succeed(row("1"))),
        layer
      )
      assert.deepStrictEqual(yield* nonzero, [
        'throttles_total{database="autos"} 1',
        `notices_total{${labels},outcome="postponed"} 1`
      ])
    }).pipe(alone)
  )

  it.effect("counts requests by their status, of which a stranger's answers can make no more than a few", () =>
    Effect.gen(function* () {
      const answers = [202, 202, 429, 418, 499, 599, 0]
      const answer = (status: number) =>
        status === 0
          ? Effect.fail(new Lost({ unsent: true, code: "ECONNREFUSED" }))
          : Effect.succeed<Answer>({ status, headers: {}, body: "" })
      let given: ReadonlyArray<number> = []
      const inner = Layer.succeed(Connections, {
        request: () => {
          const [status = 0, ...rest] = given
          given = rest
          return answer(status)
        }
      })
      const { request } = Context.get(yield* Layer.build(Metrics.counting(inner)), Connections)
      const ask = (url: string, body: string | undefined, ...statuses: ReadonlyArray<number>) => {
        given = statuses
        const asked = { url, headers: {}, ...(body === undefined ? {} : { body }) }
        return Effect.forEach(statuses, () => Effect.exit(request(asked, Duration.seconds(1))))
      }
      yield* ask("https://graph.example.com/v1.0/users/a/sendMail", "mail", ...answers)
      yield* ask("https://graph.example.com/v1.0/users/a/messages", undefined, 200)
      yield* ask("https://login.example.com/t/oauth2/v2.0/token?client-request-id=1", "secret", 200, 401, 429, 503, 0)
      assert.sameMembers(yield* nonzero, [
        'graph_requests_total{operation="send",status="202"} 2',
        'graph_requests_total{operation="send",status="429"} 1',
        'graph_requests_total{operation="send",status="4xx"} 2',
        'graph_requests_total{operation="send",status="5xx"} 1',
        'graph_requests_total{operation="send",status="none"} 1',
        'graph_requests_total{operation="search",status="200"} 1',
        'token_fetches_total{result="issued"} 1',
        'token_fetches_total{result="refused"} 1',
        'token_fetches_total{result="failed"} 3'
      ])
    }).pipe(alone)
  )

  it.effect(
    "shows the state of each database as it is when it is asked for, and what has not happened yet as zero",
    () =>
      Effect.gen(function* () {
        const since = yield* DateTime.now
        const status = (state: State): Status => ({ state, since, crashes: 1, allCrashes: 3, restarts: 7 })
        const statuses = yield* SubscriptionRef.make<ReadonlyMap<string, Status>>(
          new Map([["autos", status({ _tag: "listening" })]])
        )
        yield* Metrics.observe(databases, statuses)
        const before = yield* lines
        assert.include(before, 'database_state{database="autos",state="listening"} 1')
        assert.include(before, 'reconnects_total{database="autos"} 7')
        assert.include(before, 'crashes_total{database="autos"} 3')
        assert.include(before, 'connections{database="autos"} 0')
        assert.include(before, `notices_total{${labels},outcome="parked"} 0`)
        assert.include(before, 'commit_to_accepted_seconds_count{database="autos"} 0')
        yield* SubscriptionRef.set(
          statuses,
          new Map([["autos", status({ _tag: "blocked", reason: "no right", nextAttempt: undefined })]])
        )
        const states = (yield* nonzero).filter((line) => line.startsWith("database_state"))
        assert.deepStrictEqual(states, ['database_state{database="autos",state="blocked"} 1'])
      }).pipe(alone)
  )

  it.live("measures how late the process does what is due", () =>
    Effect.gen(function* () {
      yield* Metrics.observe([], yield* SubscriptionRef.make<ReadonlyMap<string, Status>>(new Map()))
      yield* Effect.sleep("450 millis")
      // The loop stands still meanwhile.
      yield* Effect.sync(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700))
      yield* Effect.sleep("50 millis")
      const said = yield* lines
      assert.include(said, "loop_delay_seconds_count 1")
      assert.include(said, 'loop_delay_seconds_bucket{le="0.5"} 0')
      assert.include(said, 'loop_delay_seconds_bucket{le="1"} 1')
    }).pipe(alone)
  )
})
