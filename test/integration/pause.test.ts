// A paused database: what still happens in it, who notices, and how it goes on. Whole lines on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as samples from "../../scripts/stage/samples.ts"
import * as App from "../../src/App.ts"
import type { Database } from "../../src/Database.ts"
import { Operator } from "../../src/Operator.ts"
import { Supervisor } from "../../src/Supervisor.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

/** An operator at a command. */
const operator = (database: Database) =>
  Effect.map(Layer.build(Operator.layer([database])), (context) => Context.get(context, Operator))

const soon = Effect.timeout("10 seconds")

describe("a paused database", () => {
  it.live("is mailed from by no replica, captures rows, and mails all of them once when it is resumed", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const replicas = [yield* line.start(database), yield* line.start(database)]
      for (const statuses of replicas) yield* line.inState(statuses, "listening")
      const { counts, pause, resume } = yield* operator(database)
      const answer = yield* pause("autos")
      assert.deepInclude(answer, { paused: true, changed: true, seen: "seconds" })
      for (const statuses of replicas) {
        assert.include(yield* line.inState(statuses, "paused").pipe(soon), `since ${answer.since}`)
      }
      assert.deepStrictEqual(yield* pause("autos"), { ...answer, changed: false })
      yield* line.insertInquiries(admin, 20)
      yield* Effect.sleep("1 second")
      assert.lengthOf(standIn.mails, 0)
      assert.deepInclude(yield* counts("autos"), { waiting: 20, pausedSince: answer.since ?? null })
      assert.deepInclude(yield* resume("autos"), { paused: false, changed: true, since: answer.since })
      for (const statuses of replicas) yield* line.inState(statuses, "listening").pipe(soon)
      yield* standIn.awaitMails(20).pipe(soon)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(20))
      assert.deepInclude(yield* resume("autos"), { paused: false, changed: false })
    }).pipe(silently)
  )

  it.live("stays paused for a worker that starts, and pauses no other database", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const other = { ...database, name: "quotes" as Database["name"], tables: [line.table("others")] }
      yield* admin`create table others (id serial primary key)`
      yield* line.migrated(database, other)
      yield* (yield* operator(database)).pause("autos")
      const statuses = yield* line.start(database, other)
      yield* line.inState(statuses, "paused").pipe(soon)
      yield* line.insertInquiry(admin, 1)
      yield* admin`insert into others default values`
      yield* standIn.awaitMails(1).pipe(soon)
      yield* Effect.sleep("500 millis")
      assert.lengthOf(standIn.mails, 1)
      assert.deepStrictEqual(
        (yield* line.outcomes(admin)).map(({ outcome }) => outcome),
        [null, "sent"]
      )
    }).pipe(silently)
  )

  it.live("that is polled is seen to be so at the next poll, and goes on at another", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage({ wake: "poll", pollEvery: Duration.seconds(1) })
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "polling")
      const { pause, resume } = yield* operator(database)
      assert.strictEqual((yield* pause("autos")).seen, "poll")
      yield* line.inState(statuses, "paused").pipe(soon)
      yield* line.insertInquiry(admin, 1)
      yield* Effect.sleep("2 seconds")
      assert.lengthOf(standIn.mails, 0)
      yield* resume("autos")
      yield* line.inState(statuses, "polling").pipe(soon)
      yield* standIn.awaitMails(1).pipe(soon)
    }).pipe(silently)
  )

  it.live("in which nothing may be installed is paused in its worker's process, and nowhere else", () =>
    Effect.gen(function* () {
      const fresh = yield* freshDatabase()
      const { admin } = fresh
      const standIn = yield* GraphStandIn.start()
      yield* admin.unsafe(samples.inquiries.createTable)
      yield* admin`create function tell() returns trigger language plpgsql as
        $$ begin perform pg_notify('told', json_build_object('id', new.id)::text); return new; end $$`
      yield* admin`create trigger tell after insert on inquiries for each row execute function tell()`
      const tables = [{ ...line.table("inquiries", "inquiry", "public"), channel: "told" }]
      const database = line.databaseAt(fresh, standIn.origin, { capture: "notify", tables })
      const context = yield* Layer.build(App.layer([database]))
      const { statuses } = Context.get(context, Supervisor)
      const { counts, pause, resume } = Context.get(context, Operator)
      yield* line.inState(statuses, "listening").pipe(soon)
      assert.deepInclude(yield* (yield* operator(database)).pause("autos"), { changed: false, seen: "nobody" })
      assert.deepInclude(yield* pause("autos"), { paused: true, changed: true, seen: "process" })
      yield* line.inState(statuses, "paused").pipe(soon)
      yield* line.insertInquiry(admin, 1)
      yield* Effect.sleep("1 second")
      assert.lengthOf(standIn.mails, 0)
      assert.deepInclude(yield* counts("autos"), { source: "memory", waiting: 1 })
      assert.deepInclude(yield* resume("autos"), { changed: true, seen: "process" })
      yield* standIn.awaitMails(1).pipe(soon)
      yield* line.inState(statuses, "listening").pipe(soon)
    }).pipe(silently)
  )
})
