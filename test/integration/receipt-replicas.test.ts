// Who sends the receipt: one of several workers, whichever dies and whichever database is away.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import * as App from "../../src/App.ts"
import { DatabaseName } from "../../src/Database.ts"
import * as Day from "../../src/receipt/Day.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { awaitReceipt, look, receipt, receipts, watchedLong, writtenYesterday } from "../support/receipts.ts"

const yesterday = Effect.map(DateTime.now, (now) => Day.before(now, "UTC", 1).name)

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
