// A peer that falls silent: no packet, no error, connections that stay open. Nothing waits for it for ever.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, SubscriptionRef } from "effect"
import { proxy } from "../../scripts/stage/proxy.ts"
import * as Connection from "../../src/Connection.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

/** The line, with a proxy between the app and its database; the test itself goes straight to it. */
const stage = Effect.fnUntraced(function* () {
  const { admin, database, standIn } = yield* line.stage()
  const between = yield* proxy(database.address.port)
  const statuses = yield* line.start({ ...database, address: { ...database.address, port: between.port } })
  // Otherwise a test that fails would wait for ever for an outcome to be written.
  yield* Effect.addFinalizer(() => between.speak)
  yield* line.inState(statuses, "listening")
  return { admin, between, standIn, statuses }
})

// Side by side, because most of it is waiting.
describe.concurrent("a database that nobody needs for a while", () => {
  it.live("keeps its connection, longer than a silent one would last", () =>
    Effect.gen(function* () {
      const { admin, standIn, statuses } = yield* stage()
      yield* Effect.sleep("26 seconds")
      const status = (yield* SubscriptionRef.get(statuses)).get("autos")
      assert.deepInclude(status, { restarts: 0, state: { _tag: "listening" } })
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )
})

describe.concurrent("a database that falls silent", () => {
  it.live("is noticed within 15 s though nobody needs it, and mailed from when it speaks again", () =>
    Effect.gen(function* () {
      const { admin, between, standIn, statuses } = yield* stage()
      yield* between.fallSilent
      yield* line.insertInquiry(admin, 1)
      const reason = yield* line.inState(statuses, "waiting").pipe(Effect.timeout("15 seconds"))
      assert.match(reason, /does not answer|connection failed/)
      assert.lengthOf(standIn.mails, 0)
      yield* between.speak
      yield* line.inState(statuses, "listening").pipe(Effect.timeout("35 seconds"))
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
    }).pipe(silently)
  )

  it.live("in the middle of sends has none of them sent twice, and loses nothing", () =>
    Effect.gen(function* () {
      const { admin, between, standIn, statuses } = yield* stage()
      standIn.latencyMillis = 1_000
      // One transaction, so that one claim takes all three and all are under way at once.
      yield* admin`insert into inquiries (name, email, subject)
        select 'Person', 'p@example.com', 'Question ' || n from generate_series(1, 3) n`
      while (standIn.requests.sendMail < 3) yield* Effect.sleep(10)
      yield* between.fallSilent
      yield* standIn.awaitMails(3)
      yield* line.insertInquiry(admin, 4)
      yield* line.inState(statuses, "waiting").pipe(Effect.timeout("15 seconds"))
      const unsettled = (yield* line.outcomes(admin)).filter(({ outcome }) => outcome === null)
      assert.lengthOf(unsettled, 4)
      yield* between.speak
      yield* line.inState(statuses, "listening").pipe(Effect.timeout("35 seconds"))
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(4))
    }).pipe(silently)
  )
})

describe.concurrent("a notification", () => {
  it.live("wakes, but not if it is another replica's proof that it is heard", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* Effect.gen(function* () {
        const { next } = yield* Connection.Notifications
        yield* admin`select pg_notify(${Connection.channel}, 'proof of somebody else')`
        assert.isTrue(Option.isNone(yield* Effect.timeoutOption(next, "1 second")))
        yield* admin`select pg_notify(${Connection.channel}, '{"table":"public.inquiries","id":1}')`
        assert.isTrue(Option.isSome(yield* Effect.timeoutOption(next, "5 seconds")))
      }).pipe(Effect.provide(Connection.layer(database.address, "listen")))
    }).pipe(silently)
  )
})
