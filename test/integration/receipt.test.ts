// What a receipt counts, in a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber } from "effect"
import * as Day from "../../src/receipt/Day.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { look, watchedLong, writtenYesterday } from "../support/receipts.ts"
import { environment, program } from "../support/worker.ts"

describe("a receipt", () => {
  it.live("counts rows in their table, and says of each why it was not mailed", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* watchedLong(admin)
      yield* line.insertInquiries(admin, 6)
      yield* admin.unsafe("alter table inquiries disable trigger user")
      yield* line.insertInquiries(admin, 2, 7)
      yield* admin.unsafe("alter table inquiries enable trigger user")
      const settled = DateTime.formatIso(
        DateTime.makeUnsafe((yield* Effect.map(DateTime.now, (now) => Day.before(now, "UTC", 1))).from)
      )
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent', settled_at = ${settled}::timestamptz + interval '1 hour'
        where key in ('1', '2', '3')`
      yield* admin`update inquiries_mailer.outbox set outcome = 'parked', settled_at = now() where key = '4'`
      yield* admin`update inquiries_mailer.outbox set outcome = 'dismissed', settled_at = now() where key = '5'`
      assert.strictEqual((yield* look(database)).subject, "no row was written")
      yield* writtenYesterday(admin)
      const { complete, subject, text } = yield* look(database)
      assert.isTrue(complete)
      assert.strictEqual(subject, "4 of 8 rows were not mailed")
      assert.match(text, /public\.inquiries +8 +3 +3 +1 +0 +1 +0\n/)
      assert.include(
        text,
        "1 wait to be mailed; 1 are parked, see `inquiries-mailer parked list`; 2 were never captured"
      )
      assert.notInclude(text, "Person")
      // The key is used again: the newest notice counts.
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, created_at, outcome, settled_at)
        values (1, '4', now() + interval '1 s', 'sent', now())`
      assert.include((yield* look(database)).subject, "3 of 8 rows")
      // What was there before anybody watched is nobody's to mail.
      yield* admin`update inquiries_mailer.tables set watched_since = now()`
      assert.include((yield* look(database)).subject, "1 of 6 rows")
      assert.include((yield* look(database)).text, "2 more rows of that day are not judged")
    }).pipe(silently)
  )

  it.live("takes a day to begin and end by the clock of the zone, also in a column without one", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* watchedLong(admin)
      yield* line.insertInquiries(admin, 5)
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent', settled_at = now()`
      const { from, to } = Day.before(yield* DateTime.now, "UTC", 1)
      for (const [id, at] of [from - 1, from, from + 1, to - 1, to].entries()) {
        yield* admin`update inquiries set created_at = to_timestamp(${at / 1_000}::float8) at time zone 'America/Toronto' where id = ${id + 1}`
      }
      assert.strictEqual((yield* look(database)).subject, "all 3 rows were mailed")
      yield* admin.unsafe(
        "alter table inquiries alter created_at type timestamptz using created_at at time zone 'America/Toronto'"
      )
      assert.strictEqual((yield* look(database)).subject, "all 3 rows were mailed")
      yield* admin.unsafe("alter table inquiries drop created_at")
      const { text } = yield* look(database)
      assert.include(text, "rows not counted: no column created_at says when a row was written.")
    }).pipe(silently)
  )

  it.live("gives up a count that takes too long, and tells the rest", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* line.insertInquiry(admin, 1)
      const { text } = yield* Effect.scoped(
        Effect.gen(function* () {
          // Whoever holds the table makes the count last as long as it likes.
          const locking = yield* Effect.forkScoped(
            admin.withTransaction(
              Effect.andThen(admin.unsafe("lock table inquiries in access exclusive mode"), Effect.sleep("20 seconds"))
            )
          )
          const looking = yield* Effect.forkScoped(look(database))
          const cancel = admin<{ readonly done: boolean }>`
            select pg_cancel_backend(pid) as done from pg_stat_activity
            where datname = ${database.address.database} and wait_event_type = 'Lock' and query like '%left join lateral%'`
          yield* Effect.sleep("50 millis").pipe(
            Effect.andThen(cancel),
            Effect.repeat({ until: (rows) => rows.length > 0 }),
            Effect.timeout("10 seconds")
          )
          locking.interruptUnsafe()
          return yield* Fiber.join(looking)
        })
      )
      assert.include(text, "rows not counted: took too long.")
      assert.match(text, /public\.inquiries +not counted +- +0 +1 /)
    }).pipe(silently)
  )

  it.live("names a table that gets rows on most such days, and got none", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      const settledBefore = (days: ReadonlyArray<number>) =>
        admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
          select 1, 'x', 'sent', (date_trunc('day', now() at time zone 'UTC') at time zone 'UTC') - (n + 1) * interval '1 day' + interval '5 hours'
          from unnest(${days}::integer[]) n`
      const silent = Effect.map(look(database), ({ subject }) => subject.includes("no rows in autos public.inquiries"))
      yield* settledBefore([1, 2, 3, 4, 5])
      assert.isFalse(yield* silent)
      yield* settledBefore([6])
      assert.isTrue(yield* silent)
      yield* admin`delete from inquiries_mailer.outbox`
      yield* settledBefore([7, 14])
      assert.isFalse(yield* silent)
      yield* settledBefore([28])
      assert.isTrue(yield* silent)
      yield* line.insertInquiry(admin, 1)
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent', settled_at = now() where key = '1'`
      yield* writtenYesterday(admin)
      assert.isFalse(yield* silent)
    }).pipe(silently)
  )
})

describe("receipt --print", () => {
  it.live("shows it, claims nothing, and ends with 75 where a database cannot be asked", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const env = environment(database, standIn.origin)
      const printed = yield* (yield* program(["receipt", "--print"], env)).ended
      assert.strictEqual(printed.code, 0, printed.output)
      assert.match(printed.output, /^\[Inquiries Mailer\] \d+ \w+ \d{4}: no row was written\n/)
      assert.lengthOf(yield* admin`select from inquiries_mailer.receipt`, 0)
      assert.lengthOf(standIn.mails, 0)
      const away = yield* (yield* program(["receipt", "--print"], { ...env, PGPORT: "1" })).ended
      assert.strictEqual(away.code, 75, away.output)
      assert.include(away.output, "autos could not be asked")
      const without = yield* (yield* program(["receipt"], env)).ended
      assert.strictEqual(without.code, 78)
      assert.include(without.output, "--print")
    }).pipe(silently)
  )
})
