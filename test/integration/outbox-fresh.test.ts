// A claim of nothing but what is fresh, for which one statement is enough; and how it sees what it must not take.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { movable } from "../support/clock.ts"
import { session } from "../support/customer.ts"
import { numbers } from "../support/line.ts"
import { claimedBySeveral, inquiries, keys, noting, seconds, stage } from "../support/outbox.ts"

/** An outbox of one table with the rows 1 to 200, and what it asks the server, but for whether there is anything. */
const reading = Effect.gen(function* () {
  const staged = yield* stage()
  const noted: Array<readonly [statement: string, params: ReadonlyArray<unknown>]> = []
  const replica = staged.seenBy(noting(staged.admin, noted), yield* inquiries(staged.admin, 200), [1])
  const outbox = yield* replica
  const { clock, moved } = yield* movable
  /** A claim when the next look at everything is due. */
  const look = (limit: number) =>
    Effect.suspend(() => {
      moved.nanos += 250_000_000n
      return Effect.provideService(outbox.claim(limit, limit), Clock.Clock, clock)
    })
  const claims = () => noted.filter(([statement]) => statement.includes("for update skip locked")).length
  /** The notice of row 1, which was tried without success and is due again. */
  const retried = Effect.gen(function* () {
    yield* staged.add(1, "1")
    const tried = (yield* outbox.claim(4, 4)).notices[0]!
    yield* outbox.postpone(tried, { delay: Duration.minutes(1), spent: true, maybeSent: false, detail: "503" })
    yield* staged.passTime
    yield* staged.admin`update inquiries_mailer.outbox set due_at = due_at - interval '1 minute'`
    return tried
  })
  return { ...staged, replica, outbox, claims, look, retried }
})

describe("a claim whose notices may all be begun", () => {
  it.live("is one statement that begins what is fresh and brings its rows, the oldest first", () =>
    Effect.gen(function* () {
      const { add, admin, claims, outbox, stored } = yield* reading
      yield* add(1, "1", "2", "3")
      const { notices, untilDue } = yield* outbox.claim(2, 2)
      assert.strictEqual(claims(), 1)
      assert.strictEqual(seconds(untilDue), 0)
      assert.deepStrictEqual(
        notices.map(({ begun, key, row, table }) => [table, key, begun?.taken, row?.fields[1]?.value]),
        [
          [1, "1", false, "Person 1"],
          [1, "2", false, "Person 2"]
        ]
      )
      assert.deepInclude(notices[0], { attempts: 0, crashes: 0, looks: 0, maybeSent: false, putBack: false })
      assert.deepStrictEqual(
        (yield* stored).map(({ begun, claimed, due, key }) => ({ begun, claimed, due, key })),
        [
          { begun: true, claimed: true, due: 60, key: "1" },
          { begun: true, claimed: true, due: 60, key: "2" },
          { begun: false, claimed: false, due: 0, key: "3" }
        ]
      )
      const [first] = yield* admin<{ readonly same: boolean }>`
        select first_attempt_at between begun_at - interval '1 ms' and begun_at + interval '1 ms' and id = ${notices[0]!.id}::uuid
          and claim = ${notices[0]!.claim}::uuid as same from inquiries_mailer.outbox where key = '1'`
      assert.isTrue(first!.same)
    })
  )

  it.live("asks nothing more, and a quarter of a second later somebody sees when something else comes due", () =>
    Effect.gen(function* () {
      const { add, admin, claims, look, outbox } = yield* reading
      yield* add(1, "1", "2")
      yield* admin`update inquiries_mailer.outbox set due_at = clock_timestamp() + interval '90 seconds' where key = '1'`
      const first = yield* outbox.claim(4, 4)
      assert.deepStrictEqual(keys(first.notices), ["2"])
      assert.strictEqual(Duration.toMillis(first.untilDue!), 250)
      assert.strictEqual(claims(), 1)
      assert.strictEqual(seconds((yield* look(4)).untilDue), 60)
      yield* outbox.settle(first.notices[0]!, { outcome: "sent" })
      assert.strictEqual(seconds((yield* look(4)).untilDue), 90)
    })
  )

  it.live("is none where fewer may be begun than claimed", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* reading
      yield* add(1, "1", "2", "3")
      const { notices } = yield* outbox.claim(3, 2)
      assert.deepStrictEqual(
        notices.map(({ begun }) => begun !== undefined),
        [true, true, false]
      )
    })
  )

  it.live("takes what was tried before along a quarter of a second later, also while more comes than it may take", () =>
    Effect.gen(function* () {
      const { add, claims, look, outbox, retried } = yield* reading
      const tried = yield* retried
      yield* add(1, "2", "3", "4", "5", "6", "7")
      const before = claims()
      assert.deepStrictEqual(keys((yield* outbox.claim(2, 2)).notices), ["2", "3"])
      assert.deepStrictEqual(keys((yield* outbox.claim(2, 2)).notices), ["4", "5"])
      const { notices } = yield* look(2)
      assert.deepStrictEqual(keys(notices), ["1", "6"])
      assert.deepInclude(notices[0], { attempts: 1, id: tried.id })
      assert.isDefined(notices[0]!.begun)
      assert.strictEqual(claims() - before, 3)
      assert.deepStrictEqual(keys((yield* outbox.claim(2, 2)).notices), ["7"])
    })
  )

  it.live("takes turns with looks at everything while those leave something that was tried before", () =>
    Effect.gen(function* () {
      const { add, admin, look, outbox, passTime } = yield* reading
      yield* add(1, "1", "2", "3")
      yield* admin`update inquiries_mailer.outbox set attempts = 1, id = gen_random_uuid()`
      yield* passTime
      yield* add(1, "4")
      assert.deepStrictEqual(keys((yield* look(2)).notices), ["1", "2"])
      const { notices, untilDue } = yield* outbox.claim(2, 2)
      assert.deepStrictEqual([keys(notices), Duration.toMillis(untilDue!)], [["4"], 0])
      assert.deepStrictEqual(keys((yield* outbox.claim(2, 2)).notices), ["3"])
    })
  )

  it.live("loses nothing that it has begun when the next look fails, which is made again until it succeeds", () =>
    Effect.gen(function* () {
      const { add, admin, look, outbox, retried } = yield* reading
      yield* retried
      yield* add(1, "2")
      yield* admin`create function public.refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`
      yield* admin`create trigger refuse before update on inquiries_mailer.outbox for each row when (old.attempts > 0)
        execute function public.refuse()`
      assert.deepStrictEqual(keys((yield* outbox.claim(4, 4)).notices), ["2"])
      yield* add(1, "3")
      for (let n = 0; n < 2; n++) assert.strictEqual((yield* Effect.exit(look(4)))._tag, "Failure")
      yield* admin`drop trigger refuse on inquiries_mailer.outbox`
      assert.deepStrictEqual(keys((yield* look(4)).notices), ["1", "3"])
    })
  )

  it.live("begins nothing that was begun and never settled, though nothing else is due", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime } = yield* reading
      yield* add(1, "1")
      yield* outbox.claim(4, 4)
      yield* passTime
      const { notices } = yield* outbox.claim(4, 4)
      assert.deepInclude(notices[0], { key: "1", crashes: 1, maybeSent: true, begun: undefined })
    })
  )

  it.live("mails no row twice that a newer one has replaced", () =>
    Effect.gen(function* () {
      const { add, look, outbox } = yield* reading
      yield* add(1, "1", "2")
      yield* add(1, "1")
      assert.deepStrictEqual(keys((yield* outbox.claim(8, 8)).notices), ["2"])
      const { notices, superseded } = yield* look(8)
      assert.deepStrictEqual([keys(notices), keys(superseded)], [["1"], ["1"]])
    })
  )

  it.live("claims nothing while the database is paused, and says so", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, stored } = yield* reading
      const [{ name } = { name: "" }] = yield* admin<{ readonly name: string }>`
        insert into inquiries_mailer.tables (database_name, table_schema, table_name, key_column)
        values ('autos', 'public', 'inquiries', 'id') returning database_name as name`
      yield* admin`insert into inquiries_mailer.pauses (database_name) values (${name})`
      yield* add(1, "1")
      const { notices, pausedSince } = yield* outbox.claim(4, 4)
      assert.deepStrictEqual([notices, typeof pausedSince], [[], "string"])
      assert.deepInclude((yield* stored)[0], { begun: false, claimed: false })
    })
  )

  it.live("waits for nobody who holds a notice locked, and takes the next one", () =>
    Effect.gen(function* () {
      const { add, fresh, outbox } = yield* reading
      yield* add(1, "1", "2")
      const other = yield* session(fresh)
      yield* other.query("begin")
      yield* other.query("select from inquiries_mailer.outbox where key = '1' for update")
      const { notices } = yield* outbox.claim(1, 1).pipe(Effect.timeout("2 seconds"))
      assert.deepStrictEqual(keys(notices), ["2"])
      yield* other.query("rollback")
    })
  )

  it.live("gives no notice to two replicas, however many claim at once, and leaves none over", () =>
    Effect.gen(function* () {
      const { add, replica } = yield* reading
      yield* add(1, ...numbers(120).map(String))
      assert.deepStrictEqual(yield* claimedBySeveral(replica, 6, 6), numbers(120))
    })
  )
})
