// The claim of nothing but what is fresh where several tables are watched: each has its share, and its own low-water mark.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import * as Records from "../../src/Records.ts"
import { movable } from "../support/clock.ts"
import { numbers } from "../support/line.ts"
import { claimedBySeveral, described, inquiries, noting, stage } from "../support/outbox.ts"

/** An outbox of the tables 1 and 2, each with the rows 1 to 200, and what it asks the server. */
const reading = Effect.gen(function* () {
  const staged = yield* stage()
  yield* inquiries(staged.admin, 200)
  yield* staged.admin`create table public.quotes as select id, 'Quote ' || id as name from public.inquiries`
  const tables = [described("inquiries", "integer"), described("quotes", "integer")] as const
  const within = Records.within(new Map([...tables.entries()].map(([index, table]) => [index + 1, table])))
  const noted: Array<readonly [statement: string, params: ReadonlyArray<unknown>]> = []
  const replica = staged.seenBy(noting(staged.admin, noted), within)
  const outbox = yield* replica
  const claims = () => noted.filter(([statement]) => statement.includes("for update skip locked")).length
  /** The tables and keys that a claim takes of which all may be begun. */
  const taken = (limit: number) =>
    Effect.map(outbox.claim(limit, limit), ({ notices }) => notices.map(({ key, table }) => `${table} ${key}`))
  return { ...staged, replica, outbox, claims, taken }
})

const times = (count: number, table: number) => numbers(count).map((n) => `${table} ${n}`)

describe("a claim of several tables whose notices may all be begun", () => {
  it.live(
    "is one statement that begins what is fresh in each and brings its rows, the first of each, then the second",
    () =>
      Effect.gen(function* () {
        const { add, claims, outbox, stored } = yield* reading
        yield* add(2, "1", "2")
        yield* add(1, "3")
        const { notices, untilDue } = yield* outbox.claim(8, 8)
        assert.strictEqual(claims(), 1)
        assert.deepStrictEqual(
          notices.map(({ begun, key, row, table }) => [table, key, begun?.taken, row?.table, row?.fields[1]?.value]),
          [
            [1, "3", false, "inquiries", "Person 3"],
            [2, "1", false, "quotes", "Quote 1"],
            [2, "2", false, "quotes", "Quote 2"]
          ]
        )
        assert.strictEqual(Duration.toMillis(untilDue!), 250)
        assert.deepStrictEqual(
          (yield* stored).map(({ begun, claimed, due }) => ({ begun, claimed, due })),
          numbers(3).map(() => ({ begun: true, claimed: true, due: 60 }))
        )
      })
  )

  it.live("gives each an equal share, and from then on nearly all to the one that has more", () =>
    Effect.gen(function* () {
      const { add, claims, outbox, taken } = yield* reading
      yield* add(1, ...numbers(40).map(String))
      yield* add(2, "1")
      const { notices, untilDue } = yield* outbox.claim(16, 16)
      assert.deepStrictEqual(
        notices.map(({ key, table }) => `${table} ${key}`),
        ["1 1", "2 1", ...times(8, 1).slice(1)]
      )
      assert.strictEqual(Duration.toMillis(untilDue!), 0)
      yield* add(2, "2", "3", "4", "5", "6")
      // 16 are 4 for the other one and 12 for this; then both have more.
      const second = yield* taken(16)
      assert.deepStrictEqual(second.toSorted(), [...times(20, 1).slice(8), ...times(5, 2).slice(1)].toSorted())
      const third = yield* taken(16)
      assert.deepStrictEqual(third.toSorted(), [...times(28, 1).slice(20), "2 6"].toSorted())
      assert.strictEqual(claims(), 3)
    })
  )

  it.live("begins in each table where the last ones have left nothing below, and looks at everything soon", () =>
    Effect.gen(function* () {
      const { add, admin, taken } = yield* reading
      const { clock, moved } = yield* movable
      const timed = Effect.provideService(taken(8), Clock.Clock, clock)
      yield* add(1, "1")
      yield* timed
      yield* add(1, "2", "3")
      yield* add(2, "1", "2")
      // As if their transactions had been open for a minute: of the second table nothing was claimed yet.
      yield* admin`update inquiries_mailer.outbox set due_at = clock_timestamp() - interval '1 minute'
        where (table_number, key) in ((1, '3'), (2, '1'))`
      assert.deepStrictEqual(yield* timed, ["1 2", "2 1", "2 2"])
      moved.nanos = 250_000_000n
      assert.deepStrictEqual(yield* timed, ["1 3"])
    })
  )

  it.live(
    "takes turns with looks at everything while one table has what was tried before, however much is fresh in the other",
    () =>
      Effect.gen(function* () {
        const { add, admin, passTime, taken } = yield* reading
        const { clock, moved } = yield* movable
        const timed = Effect.provideService(taken(8), Clock.Clock, clock)
        yield* add(2, ...numbers(6).map(String))
        yield* admin`update inquiries_mailer.outbox set attempts = 1, id = gen_random_uuid()`
        yield* passTime
        yield* add(1, ...numbers(40).map(String))
        assert.deepStrictEqual(yield* timed, times(4, 1))
        moved.nanos = 250_000_000n
        assert.lengthOf(
          (yield* timed).filter((row) => row.startsWith("2 ")),
          4
        )
        assert.isEmpty((yield* timed).filter((row) => row.startsWith("2 ")))
        assert.lengthOf(
          (yield* timed).filter((row) => row.startsWith("2 ")),
          2
        )
      })
  )

  it.live("is none where some table would have no share", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* reading
      yield* add(1, "1")
      yield* add(2, "2")
      const { notices } = yield* outbox.claim(1, 1)
      assert.deepStrictEqual(
        notices.map(({ begun, table }) => [table, begun]),
        [
          [1, undefined],
          [2, undefined]
        ]
      )
    })
  )

  it.live("gives no notice to two replicas, however many claim at once, and leaves none over", () =>
    Effect.gen(function* () {
      const { add, replica } = yield* reading
      yield* add(1, ...numbers(60).map(String))
      yield* add(2, ...numbers(120).slice(60).map(String))
      assert.deepStrictEqual(yield* claimedBySeveral(replica, 6, 6), numbers(120))
    })
  )
})
