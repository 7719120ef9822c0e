// A claim that does all at once for what can be sent right away: it marks it as begun, and brings its row.
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import * as Records from "../../src/Records.ts"
import { databaseAt } from "../support/line.ts"
import { described, keys, seconds, stage } from "../support/outbox.ts"

/** An outbox that knows of a table with numbers and one with words as keys, each with the rows 1 and 2. */
const reading = Effect.gen(function* () {
  const staged = yield* stage()
  const { admin, seenBy } = staged
  yield* admin`create table public.numbers (id integer primary key, name text)`
  yield* admin`create table public.words (id text primary key, name text)`
  yield* admin`insert into public.numbers values (1, 'Jane'), (2, null)`
  yield* admin`insert into public.words values ('1', 'Zoë'), ('2', 'Ann')`
  const tables = new Map([
    [1, described("numbers", "integer")],
    [2, described("words", "text")]
  ])
  return { ...staged, tables, outbox: yield* seenBy(admin, Records.within(tables)) }
})

describe("a claim while there are places", () => {
  it.live("begins as many as there are places, only claims the others, and brings the rows of all", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, stored, tables } = yield* reading
      yield* add(1, "1", "2", "3")
      yield* add(2, "1", "2")
      const { notices } = yield* outbox.claim(6, 2)
      const begun = notices.filter(({ begun }) => begun !== undefined)
      assert.deepStrictEqual(
        begun.map(({ row, table }) => [table, row?.fields[1]?.value]),
        [
          [1, "Jane"],
          [2, "Zoë"]
        ]
      )
      const fetched = yield* Records.fetch(tables.get(1)!, ["1"]).pipe(Effect.provideService(SqlClient, admin))
      assert.deepStrictEqual(begun[0]?.row, fetched.get("1"))
      assert.deepStrictEqual(
        notices.map(({ table, row }) => [table, row?.fields[1]?.value]),
        [
          [1, "Jane"],
          [2, "Zoë"],
          [1, undefined],
          [2, "Ann"],
          [1, undefined]
        ]
      )
      const states = (yield* stored).map(({ begun, claimed, due }) => ({ begun, claimed, due }))
      assert.deepStrictEqual(states, [
        { begun: true, claimed: true, due: 60 },
        { begun: false, claimed: true, due: 30 },
        { begun: false, claimed: true, due: 30 },
        { begun: true, claimed: true, due: 60 },
        { begun: false, claimed: true, due: 30 }
      ])
    })
  )

  it.live("begins nothing without places, nor what is in doubt or may have ended a worker", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, passTime } = yield* reading
      const begun = Effect.map(outbox.claim(4, 4), ({ notices }) =>
        keys(notices.filter(({ begun }) => begun !== undefined))
      )
      yield* add(1, "1")
      assert.isUndefined((yield* outbox.claim(4)).notices[0]!.begun)
      yield* passTime
      yield* admin`update inquiries_mailer.outbox set maybe_sent = true`
      assert.deepStrictEqual(yield* begun, [])
      yield* passTime
      yield* admin`update inquiries_mailer.outbox set maybe_sent = false, crashes = 1`
      assert.deepStrictEqual(yield* begun, [])
      yield* passTime
      yield* admin`update inquiries_mailer.outbox set crashes = 0`
      assert.deepStrictEqual(yield* begun, ["1"])
      // Nobody settled it, so that it may have been sent.
      yield* passTime
      assert.deepStrictEqual(yield* begun, [])
    })
  )

  it.live("leaves it to a question of its own where the row is gone, or its key would be refused", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* reading
      yield* add(1, "404", "no number", "99999999999999999999")
      const { notices } = yield* outbox.claim(8, 8)
      assert.lengthOf(notices, 3)
      for (const { begun, row } of notices) assert.deepStrictEqual([begun !== undefined, row], [true, undefined])
    })
  )

  it.live("begins no row that a newer one has replaced", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* reading
      yield* add(1, "1")
      yield* add(1, "1")
      const { notices, superseded } = yield* outbox.claim(8, 8)
      assert.deepStrictEqual(keys(superseded), ["1"])
      assert.lengthOf(notices, 1)
      assert.isDefined(notices[0]!.begun)
    })
  )
})

describe("a table that somebody holds", () => {
  it.live("keeps no claim from other tables for longer than it takes to see that, nor the next at all", () =>
    Effect.gen(function* () {
      const { add, admin, fresh, seenBy, tables } = yield* reading
      const work = yield* Layer.build(Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
      const outbox = yield* seenBy(Context.get(work, SqlClient), Records.within(tables))
      const held = yield* Deferred.make<void>()
      const released = yield* Deferred.make<void>()
      const holding = admin.withTransaction(
        admin`lock table public.numbers in access exclusive mode`.pipe(
          Effect.andThen(Deferred.succeed(held, undefined)),
          Effect.andThen(Deferred.await(released))
        )
      )
      const holder = yield* Effect.forkChild(holding)
      yield* Deferred.await(held)
      yield* add(2, "1")
      const first = yield* Effect.exit(outbox.claim(4, 4))
      yield* add(2, "2")
      const second = yield* Effect.exit(outbox.claim(4, 4).pipe(Effect.timeout("2 seconds")))
      yield* Deferred.succeed(released, undefined)
      yield* Fiber.join(holder)
      const [notice] = (yield* first).notices
      assert.deepInclude(notice, { table: 2, key: "1" })
      assert.isUndefined(notice!.begun)
      assert.deepStrictEqual(keys((yield* second).notices), ["2"])
    })
  )
})

describe("a notice that its claim has begun", () => {
  it.live("is given back as if it had not been, unless it is about to be requested", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* reading
      yield* add(1, "1", "2")
      const { notices } = yield* outbox.claim(4, 8)
      yield* outbox.begin(notices[0]!)
      yield* outbox.release(notices)
      const [requested, other] = yield* stored
      assert.deepInclude(requested, { claimed: true, begun: true })
      assert.deepInclude(other, { claimed: false, begun: false, maybe: false })
      const again = (yield* outbox.claim(4, 8)).notices
      assert.deepStrictEqual(keys(again), ["2"])
      assert.deepInclude(again[0], { attempts: 0, crashes: 0, maybeSent: false })
    })
  )

  it.live("is not forgotten when the look at what two rows have had the key of fails", () =>
    Effect.gen(function* () {
      const { add, admin, outbox } = yield* reading
      yield* admin`create function public.refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`
      yield* admin`create trigger refuse before update on inquiries_mailer.outbox for each row
        when (new.outcome = 'superseded') execute function public.refuse()`
      yield* add(1, "1", "1", "2")
      const { notices, untilDue } = yield* outbox.claim(8, 6)
      assert.deepStrictEqual([keys(notices), seconds(untilDue)], [["2"], 0])
      // Whatever comes meanwhile, the failure is told.
      yield* add(2, "1")
      assert.strictEqual((yield* Effect.exit(outbox.claim(8, 6)))._tag, "Failure")
      yield* admin`drop trigger refuse on inquiries_mailer.outbox`
      assert.deepStrictEqual(keys((yield* outbox.claim(8, 6)).notices).toSorted(), ["1", "1"])
    })
  )

  it.live("is settled and postponed as any other", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* reading
      yield* add(1, "1", "2")
      const [first, second] = (yield* outbox.claim(4, 8)).notices
      yield* outbox.settle(first!, { outcome: "sent" })
      yield* outbox.postpone(second!, { delay: Duration.minutes(1), spent: true, maybeSent: false, detail: "503" })
      const [sent, postponed] = yield* stored
      assert.deepInclude(sent, { outcome: "sent", attempts: 1 })
      assert.deepInclude(postponed, { begun: false, claimed: false, attempts: 1, due: 60 })
    })
  )
})
