// A table that others are writing to is never blocked for longer than the lock is waited for, about a second.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Console, Duration, Effect, Fiber } from "effect"
import { captured, customer, migrateOne, session } from "../support/customer.ts"

const insert = "insert into inquiries (name) values ('a')"
const busyFor = Duration.seconds(5)

/** The pauses between tries are a hundred times shorter: what is left of the minute is the waiting for locks. */
const hastily = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.Clock, (clock) => {
    const sleep = (time: Duration.Duration) =>
      clock.sleep(Duration.isLessThan(time, Duration.seconds(3)) ? Duration.times(time, 0.01) : time)
    return Effect.provideService(self, Clock.Clock, Object.assign(Object.create(clock), { sleep }))
  })

/** Migrates until it gives up, while `who` has a transaction open that ran `hold`. */
const givenUp = Effect.fnUntraced(function* (who: "form" | "owner", hold: string, from: number, to: number) {
  const { as, database } = yield* customer()
  const at = (tables: number) => migrateOne({ ...database, tables: database.tables.slice(0, tables) })
  yield* at(from)
  const holder = yield* session(as[who])
  const [{ pid } = {}] = yield* holder.query("select pg_backend_pid() as pid")
  yield* holder.query("begin")
  yield* holder.query(hold)
  const said: Array<unknown> = []
  const listening = Object.assign(Object.create(yield* Console.Console), { log: (line: unknown) => said.push(line) })
  const { reason, state } = yield* hastily(Effect.flip(at(to))).pipe(Effect.provideService(Console.Console, listening))
  assert.deepStrictEqual(said, ["autos: table public.inquiries is in use, trying again and again for about a minute …"])
  assert.strictEqual(state, "waiting")
  assert.match(reason, /^table public\.inquiries was in use at every try/)
  assert.include(reason, `by process ${pid} (`)
  assert.include(reason, `user ${as[who].user}`)
  assert.include(reason, `pg_terminate_backend(${pid})`)
  assert.notInclude(reason, hold)
  return { reason, holder, again: at(to) }
})

// Side by side, because it is waiting.
describe.concurrent("migrate that gives up on a busy table", () => {
  it.live("names the table and who writes to it, says what to do, and succeeds once that is done", () =>
    Effect.gen(function* () {
      const { again, holder, reason } = yield* givenUp("form", insert, 0, 1)
      // Another role's sessions are not for everybody to look into.
      assert.include(reason, "this user may not see what it does")
      yield* holder.query("commit")
      assert.deepStrictEqual((yield* again).installed, ["public.inquiries"])
    })
  )

  it.live("names who reads the table where a trigger must go, and says what it does", () =>
    Effect.gen(function* () {
      const { again, holder, reason } = yield* givenUp("owner", "select from inquiries", 1, 0)
      assert.match(reason, /idle in transaction, its transaction open for \d+ s/)
      yield* holder.query("rollback")
      assert.deepStrictEqual((yield* again).removed, ["public.inquiries"])
    })
  )
})

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
