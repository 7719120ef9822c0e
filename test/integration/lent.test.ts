// What the LISTEN connection is lent to, on a real server: how many connections there are, and what is heard meanwhile.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, SubscriptionRef } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { keptAsIs } from "../../src/Opening.ts"
import { limited } from "../support/limited.ts"
import * as line from "../support/line.ts"
import { missing, pooled } from "../support/pooler.ts"
import { silently } from "../support/quiet.ts"

const limit = Effect.timeout("40 seconds")

/** Of ours, to this database. */
const sessions = (admin: Effect.Success<ReturnType<typeof line.stage>>["admin"]) =>
  Effect.map(
    admin`select from pg_stat_activity where application_name = 'inquiries-mailer' and datname = current_database()`,
    (rows) => rows.length
  )

describe("a database in which little happens", () => {
  it.live("is opened, asked and mailed from over one connection", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      for (let n = 1; n <= 3; n++) {
        yield* line.insertInquiry(admin, n)
        yield* standIn.awaitMails(n)
        yield* line.allSettled(admin)
        assert.strictEqual(yield* sessions(admin), 1)
      }
    }).pipe(silently, limit)
  )
})

describe("a slow statement", () => {
  it.live("on the LISTEN connection is begun anew elsewhere after a second, and no notification waits longer", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* Effect.gen(function* () {
        const { next } = yield* Connection.Notifications
        const sql = yield* SqlClient
        const slow = yield* Effect.forkChild(sql`select 'done' as it from pg_sleep(3)`, { startImmediately: true })
        yield* Effect.sleep("100 millis")
        yield* admin`select pg_notify(${Connection.channel}, '{"table":"public.inquiries","id":1}')`
        yield* next.pipe(Effect.timeout("2 seconds"))
        assert.isUndefined(slow.pollUnsafe())
        assert.deepStrictEqual(yield* Fiber.join(slow), [{ it: "done" }])
      }).pipe(Effect.provide(Connection.layer(database.address, "listen")))
    }).pipe(silently, limit)
  )

  it.live("delays no new row: a settlement that waits for somebody's lock lets it be mailed", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      standIn.latencyMillis = 500
      yield* line.insertInquiry(admin, 1)
      while (standIn.requests.sendMail < 1) yield* Effect.sleep(5)
      const holding = yield* Effect.forkChild(
        admin.withTransaction(
          Effect.andThen(admin`select from inquiries_mailer.outbox for update`, Effect.sleep("3500 millis"))
        )
      )
      yield* standIn.awaitMails(1)
      yield* Effect.sleep("100 millis")
      yield* line.insertInquiry(admin, 2)
      yield* standIn.awaitMails(2).pipe(Effect.timeout("2500 millis"))
      assert.isUndefined(holding.pollUnsafe())
      yield* Fiber.join(holding)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2])
      assert.deepInclude((yield* SubscriptionRef.get(statuses)).get("autos"), { restarts: 0 })
    }).pipe(silently, limit)
  )

  it.live("has its time from the session again where the connection is not ours alone", () =>
    Effect.gen(function* () {
      const { database } = yield* line.stage()
      const timeout = Effect.flatMap(SqlClient, (sql) => sql`select current_setting('statement_timeout') as it`)
      const at = (layer: ReturnType<typeof Connection.once>) => Effect.provide(timeout, layer)
      assert.deepStrictEqual(yield* at(Connection.once(database.address)), [{ it: "5s" }])
      assert.deepStrictEqual(yield* at(Connection.layer(database.address, "listen")), [{ it: "1s" }])
      assert.deepStrictEqual(yield* at(Connection.layer(database.address, "poll")), [{ it: "5s" }])
    }).pipe(silently, limit)
  )
})

describe("a worker that may not claim", () => {
  it.live("is blocked from the start, though nothing waits to be claimed", () =>
    Effect.gen(function* () {
      const { admin, database: whole } = yield* line.stage()
      const { database, role } = yield* limited(admin, whole)
      yield* admin.unsafe(`revoke update on inquiries_mailer.outbox from ${role}`)
      const statuses = yield* line.start(database)
      assert.include(yield* line.inState(statuses, "blocked"), "lacks a right")
    }).pipe(silently, limit)
  )
})

describe("a session", () => {
  it.live("is known to be the server's own by its number", () =>
    Effect.gen(function* () {
      const { database } = yield* line.stage()
      assert.deepInclude(yield* Effect.scoped(keptAsIs(database.address)), { unpooled: true })
    }).pipe(silently, limit)
  )

  it.live.skipIf(missing !== undefined)("of a pooler is none to be sure of", () =>
    Effect.gen(function* () {
      const { database } = yield* line.stage()
      const through = yield* pooled(database, "session", [])
      assert.isUndefined(yield* Effect.scoped(keptAsIs(through.address)))
    }).pipe(silently, limit)
  )
})
