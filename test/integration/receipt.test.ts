// The receipt against a real PostgreSQL: what it counts, and who sends it.
import { assert, describe, it } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { DateTime, Effect, Fiber, Layer } from "effect"
import type * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as App from "../../src/App.ts"
import { type Database, DatabaseName } from "../../src/Database.ts"
import { toText } from "../../src/OperatorMail.ts"
import * as Receipt from "../../src/Receipt.ts"
import * as Day from "../../src/receipt/Day.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

/** Due from midnight on, whenever the test runs. */
const receipt = { to: ["office@example.com"], hour: 0, minute: 0, timeZone: "UTC" }

/** As if the tables had been watched for a long time. */
const watchedLong = (admin: PgClient.PgClient) =>
  admin`update inquiries_mailer.tables set watched_since = now() - interval '90 days'`

/** Rows written yesterday at noon, by the clock of Toronto and in a column without zone. */
const writtenYesterday = (admin: PgClient.PgClient) =>
  admin`update inquiries set created_at = (now() at time zone 'UTC')::date - 1 + time '07:00'`

const look = (...databases: ReadonlyArray<Database>) =>
  Effect.map(Receipt.look(databases, "UTC"), ({ complete, content }) => ({
    complete,
    subject: content.subject.replace(/^.*?: /, ""),
    text: toText(content.blocks)
  }))

/** The receipts that have arrived: their subjects and texts. */
const receipts = Effect.fnUntraced(function* (standIn: GraphStandIn.StandIn) {
  const parsed = yield* Effect.forEach(standIn.mails, (mail) => mail.parsed)
  return parsed
    .filter(({ to = [] }) => to.some(({ address }) => address === "office@example.com"))
    .map(({ subject = "", text = "" }) => ({ subject: subject.replace(/^.*?: /, ""), text }))
})

const awaitReceipt = (standIn: GraphStandIn.StandIn) =>
  Effect.sleep("50 millis").pipe(
    Effect.andThen(receipts(standIn)),
    Effect.repeat({ until: (all) => all.length > 0 }),
    Effect.timeout("40 seconds")
  )

const yesterday = Effect.map(DateTime.now, (now) => Day.before(now, "UTC", 1).name)

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
      yield* line.insertInquiries(admin, 4)
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent', settled_at = now()`
      const { from, to } = Day.before(yield* DateTime.now, "UTC", 1)
      for (const [id, at] of [from - 1, from, to - 1, to].entries()) {
        yield* admin`update inquiries set created_at = to_timestamp(${at / 1_000}::float8) at time zone 'America/Toronto' where id = ${id + 1}`
      }
      assert.strictEqual((yield* look(database)).subject, "all 2 rows were mailed")
      yield* admin.unsafe(
        "alter table inquiries alter created_at type timestamptz using created_at at time zone 'America/Toronto'"
      )
      assert.strictEqual((yield* look(database)).subject, "all 2 rows were mailed")
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

describe("of two workers", () => {
  it.live("one mails the receipt, and none does again after a restart", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      for (let worker = 0; worker < 2; worker++) yield* Layer.build(App.layer([database], { receipt }))
      const [first] = yield* awaitReceipt(standIn)
      assert.strictEqual(first?.subject, "no row was written")
      yield* Layer.build(App.layer([database], { receipt }))
      yield* Effect.sleep("5 seconds")
      assert.lengthOf(yield* receipts(standIn), 1)
      const held = yield* admin<{ readonly day: string; readonly sent: boolean }>`
        select day::text, sent_at is not null as sent from inquiries_mailer.receipt`
      assert.deepStrictEqual(held, [{ day: yield* yesterday, sent: true }])
    }).pipe(silently)
  )

  it.live("one mails it after the other has died before it began, and nobody before that is certain", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const day = yield* yesterday
      yield* admin`insert into inquiries_mailer.receipt (database_name, day, token, held_until)
        values ('autos', ${day}::text::date, gen_random_uuid(), now() + interval '1 hour')`
      yield* Effect.scoped(Effect.andThen(Layer.build(App.layer([database], { receipt })), Effect.sleep("4 seconds")))
      assert.lengthOf(yield* receipts(standIn), 0)
      yield* admin`update inquiries_mailer.receipt set held_until = now()`
      yield* Layer.build(App.layer([database], { receipt }))
      yield* awaitReceipt(standIn)
      yield* Effect.sleep("2 seconds")
      assert.lengthOf(yield* receipts(standIn), 1)
    }).pipe(silently)
  )

  it.live("the other finds in the mailbox what the first had sent when it died, and sends nothing", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* Effect.scoped(Effect.andThen(Layer.build(App.layer([database], { receipt })), awaitReceipt(standIn)))
      while ((yield* admin`select from inquiries_mailer.receipt where sent_at is not null`).length === 0) {
        // The one that was interrupted had begun, and may not have written down that it was sent.
        yield* admin`update inquiries_mailer.receipt set sent_at = now() where begun_at is not null`
      }
      yield* admin`update inquiries_mailer.receipt set sent_at = null, held_until = now()`
      yield* Layer.build(App.layer([database], { receipt }))
      while ((yield* admin`select from inquiries_mailer.receipt where sent_at is not null`).length === 0) {
        yield* Effect.sleep("50 millis")
      }
      assert.lengthOf(yield* receipts(standIn), 1)
    }).pipe(silently)
  )
})

describe("while a database is stopped, the receipt", () => {
  it.live("is mailed by the other, once, and tells the truth about both", () =>
    Effect.gen(function* () {
      const stopped = yield* line.stageOfItsOwn()
      const fresh = yield* freshDatabase()
      yield* fresh.admin.unsafe("create table inquiries (id serial primary key, created_at timestamptz default now())")
      const other = line.databaseAt(fresh, stopped.standIn.origin, { name: DatabaseName.make("freight") })
      yield* line.migrated(other)
      yield* watchedLong(fresh.admin)
      yield* line.insertInquiry(stopped.admin, 1)
      yield* writtenYesterday(stopped.admin)
      yield* fresh.admin`insert into inquiries (created_at) values (date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 minute')`
      yield* fresh.admin`update inquiries_mailer.outbox set outcome = 'sent', settled_at = now()`
      yield* stopped.server.stop("immediate")
      const both = [stopped.database, other]
      for (let worker = 0; worker < 2; worker++) yield* Layer.build(App.layer(both, { receipt }))
      const [first] = yield* awaitReceipt(stopped.standIn)
      assert.strictEqual(first?.subject, "autos could not be asked; the one row was mailed")
      assert.match(first?.text ?? "", /It could not be asked: nothing accepts connections at the server's address/)
      assert.match(first?.text ?? "", /public\.inquiries +1 +1 +0 +0 +0 +0 +0/)
      // It is back: whoever starts now asks it, too, and knows from the other that it was sent.
      yield* stopped.server.start
      yield* Layer.build(App.layer(both, { receipt }))
      yield* Effect.sleep("5 seconds")
      assert.lengthOf(yield* receipts(stopped.standIn), 1)
    }).pipe(silently)
  )

  it.live("of the next day says how long it was away, as the worker has seen it", () =>
    Effect.gen(function* () {
      const { admin, database, server } = yield* line.stageOfItsOwn()
      yield* line.inState(yield* line.start(database), "listening")
      yield* server.stop()
      yield* Effect.sleep("13 seconds")
      yield* server.start
      const kept = Effect.orElseSucceed(
        admin<{ readonly seconds: number }>`
          select extract(epoch from ended_at - began_at)::float8 as seconds from inquiries_mailer.away`,
        () => []
      )
      const [away] = yield* Effect.sleep("200 millis").pipe(
        Effect.andThen(kept),
        Effect.repeat({ until: (rows) => rows.length > 0 }),
        Effect.timeout("40 seconds")
      )
      assert.isAtLeast(away?.seconds ?? 0, 10)
      // Seen by another replica, too: what both have seen counts once, and only what lies within the day.
      yield* admin`update inquiries_mailer.away set began_at = date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '2 hours',
        ended_at = date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '1 hour'`
      yield* admin`insert into inquiries_mailer.away select 'autos', began_at + interval '30 minutes', ended_at + interval '2 hours' from inquiries_mailer.away`
      assert.include((yield* look(database)).text, "It was away for 2 h 0 min.")
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
