// A table that others are writing to is never blocked for longer than the lock is waited for, about a second.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { captured, customer, migrateOne, session } from "../support/customer.ts"

const insert = "insert into inquiries (name) values ('a')"
const busyFor = Duration.seconds(5)

describe("migrate on a busy table", () => {
  for (const [change, from, to] of [
    ["puts a trigger on it", 0, 1],
    ["takes its trigger away", 1, 0]
  ] as const) {
    it.live(`${change} once the open transaction has ended, and lets others INSERT meanwhile`, () =>
      Effect.gen(function* () {
        const { as, database, form, fresh } = yield* customer()
        const at = (tables: number) => migrateOne({ ...database, tables: database.tables.slice(0, tables) })
        yield* at(from)
        const busy = yield* session(as.owner)
        yield* busy.query("begin")
        yield* busy.query(insert)
        const migrating = yield* Effect.forkChild(at(to))
        const waits: Array<number> = []
        const others = Effect.gen(function* () {
          const [took] = yield* Effect.timed(form.query(insert))
          waits.push(Duration.toMillis(took))
          yield* Effect.sleep("20 millis")
        })
        yield* others.pipe(Effect.forever, Effect.timeoutOption(busyFor))
        assert.isUndefined(migrating.pollUnsafe(), "the busy table was not waited for")
        assert.isAbove(Math.max(...waits), 500, "nothing was ever waited for: the test is worthless")
        assert.isBelow(Math.max(...waits), 2_000)
        yield* busy.query("commit")
        const report = yield* Fiber.join(migrating)
        assert.deepStrictEqual(to === 1 ? report.installed : report.removed, ["public.inquiries"])
        const before = (yield* captured(fresh)).length
        yield* form.query(insert)
        assert.strictEqual((yield* captured(fresh)).length - before, to)
      })
    )
  }
})
