// Where a claim begins to look, and that what lies below is seen all the same.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect } from "effect"
import { movable } from "../support/clock.ts"
import { inquiries, keys, noting, seconds, stage } from "../support/outbox.ts"

/** An outbox of one table with the rows 1 to 8. */
const reading = Effect.gen(function* () {
  const staged = yield* stage()
  return { ...staged, outbox: yield* staged.seenBy(staged.admin, yield* inquiries(staged.admin, 8), [1]) }
})

describe("a claim soon after another one", () => {
  it.live("sees within a quarter of a second what came up among the older ones, however many come meanwhile", () =>
    Effect.gen(function* () {
      const { add, admin, outbox } = yield* reading
      const { clock, moved } = yield* movable
      const claim = Effect.provideService(outbox.claim(2, 2), Clock.Clock, clock)
      yield* add(1, "1")
      yield* claim
      yield* add(1, "2", "3", "4", "5")
      // As if its transaction had been open for a minute.
      yield* admin`update inquiries_mailer.outbox set due_at = clock_timestamp() - interval '1 minute' where key = '5'`
      const { notices, untilDue } = yield* claim
      assert.deepStrictEqual([keys(notices), seconds(untilDue)], [["2", "3"], 0])
      moved.nanos = 250_000_000n
      assert.deepStrictEqual(keys((yield* claim).notices), ["5", "4"])
    })
  )

  it.live("has another one come by then, which has nobody wait where nothing is left", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* reading
      const { clock, moved } = yield* movable
      const claim = Effect.provideService(outbox.claim(2, 2), Clock.Clock, clock)
      yield* add(1, "1")
      const { notices, untilDue } = yield* claim
      assert.deepStrictEqual([keys(notices), Duration.toMillis(untilDue!)], [["1"], 250])
      yield* outbox.settle(notices[0]!, { outcome: "sent" })
      moved.nanos = 250_000_000n
      assert.isUndefined((yield* claim).untilDue)
    })
  )

  it.live.each([{ tables: [1] }, { tables: [1, 2] }])(
    "walks over nothing that was settled and is not vacuumed yet (tables $tables)",
    ({ tables }) =>
      Effect.gen(function* () {
        const { add, admin, seenBy } = yield* stage()
        yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
        // Each of them was due once, and was to be due again a minute later.
        yield* admin`insert into inquiries_mailer.outbox (table_number, key, due_at)
          select 1, n::text, clock_timestamp() - interval '10 seconds' from generate_series(1, 20000) n`
        yield* admin`update inquiries_mailer.outbox set due_at = clock_timestamp() + interval '1 minute'`
        yield* admin`update inquiries_mailer.outbox set outcome = 'sent', settled_at = clock_timestamp()`
        const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
        const begins = yield* seenBy(noting(admin, statements), yield* inquiries(admin, 8), tables)
        const pages = Effect.gen(function* () {
          const [statement, params] = statements.at(-1)!
          const plan = yield* admin.unsafe<{ readonly "QUERY PLAN": string }>(
            `explain (analyze, buffers, timing off) ${statement}`,
            params
          )
          const [, hit] =
            plan.map((row) => /Buffers: shared hit=(\d+)/.exec(row["QUERY PLAN"])).find((row) => row) ?? []
          return Number(hit)
        })
        // The first one looks at everything, and the second finds nothing else to claim.
        yield* add(1, "1", "2", "3")
        const limit = tables.length
        for (let n = 0; n < 2; n++) assert.lengthOf((yield* begins.claim(limit, limit)).notices, 1)
        const few = yield* pages
        assert.isAtMost(few, 60)
      })
  )
})
