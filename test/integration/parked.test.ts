// What an operator does with parked notices, beside a running worker on a real PostgreSQL.
import type { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { type Database, DatabaseName } from "../../src/Database.ts"
import { messageId } from "../../src/Notice.ts"
import * as Parked from "../../src/Parked.ts"
import type { Outage } from "../../src/State.ts"
import { duplicates, held, send, started, until } from "../support/doubt.ts"
import * as line from "../support/line.ts"
import { noting } from "../support/outbox.ts"
import { silently } from "../support/quiet.ts"

const name = DatabaseName.make("autos")

/** As a command does it. */
const on =
  (database: Database) =>
  <A>(work: Effect.Effect<A, Outage, SqlClient>) =>
    Effect.provide(work, Connection.once(database.address))

/** A worker whose first mail Microsoft has refused for good. */
const refused = Effect.gen(function* () {
  const { admin, database, standIn } = yield* line.stage()
  standIn.faults.push(send({ status: 400, code: "ErrorInvalidRecipients" }))
  yield* line.start(database)
  yield* line.insertInquiry(admin, 1)
  yield* until(admin, ({ outcome }) => outcome === "parked")
  return { admin, ask: on(database), database, standIn }
})

/** Notices as the trigger and a worker would leave them, without either. */
const parking = (admin: PgClient.PgClient, count: number, detail = "Microsoft Graph answered 413") =>
  admin`insert into inquiries_mailer.outbox (id, table_number, key, outcome, detail, settled_at)
    select gen_random_uuid(), 1, n::text, 'parked', ${detail}, clock_timestamp() from generate_series(1, ${count}::integer) n`

describe("a parked notice", () => {
  it.live("is shown with table, key, reason and what was answered", () =>
    Effect.gen(function* () {
      const { ask } = yield* refused
      const { more, notices } = yield* ask(Parked.list(name, {}))
      assert.isFalse(more)
      assert.deepInclude(notices[0], { table: "public.inquiries", key: "1", reason: "rejected", attempts: 1 })
      assert.include(notices[0]?.detail, "400 ErrorInvalidRecipients")
      assert.match(notices[0]?.parkedAt ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      const found = yield* ask(Parked.show(name, notices[0]!.id))
      assert.deepInclude(found, { outcome: "parked", reason: "rejected", key: "1" })
      assert.isUndefined(yield* ask(Parked.show(DatabaseName.make("another"), notices[0]!.id)))
      assert.isUndefined(yield* ask(Parked.show(name, "no uuid")))
    }).pipe(silently)
  )

  it.live("that is put back is mailed at once, once, under the Message-ID that it had", () =>
    Effect.gen(function* () {
      const { admin, ask, database, standIn } = yield* refused
      const id = (yield* ask(Parked.list(name, {}))).notices[0]!.id
      const changed = yield* ask(Parked.retry(name, { id }))
      assert.deepStrictEqual(
        changed.map(({ id, outcome }) => ({ id, outcome })),
        [{ id, outcome: "queued" }]
      )
      // Sooner than any poll: it was notified.
      const [mail] = yield* standIn.awaitMails(1).pipe(Effect.timeout("10 seconds"))
      assert.strictEqual(mail?.messageId, messageId(id, database.envelope.from))
      assert.include(yield* until(admin, ({ outcome }) => outcome === "sent"), { attempts: 1 })
      assert.deepStrictEqual(yield* ask(Parked.retry(name, { id })), [])
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined])
    }).pipe(silently)
  )

  it.live("that is discarded is never mailed, and not put back by anybody", () =>
    Effect.gen(function* () {
      const { admin, ask, standIn } = yield* refused
      const [changed] = yield* ask(Parked.discard(name, {}))
      assert.include(changed, { key: "1", outcome: "discarded" })
      assert.deepStrictEqual(yield* ask(Parked.retry(name, {})), [])
      yield* line.insertInquiry(admin, 2)
      yield* standIn.awaitMails(1)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [2])
      assert.include(yield* held(admin), { outcome: "discarded" })
    }).pipe(silently)
  )

  it.live("of which nobody knows whether it was accepted is sent when it is put back, and marked", () =>
    Effect.gen(function* () {
      const { admin, standIn } = yield* started("park", {}, send("accept-then-504"))
      yield* line.insertInquiry(admin, 1)
      yield* until(admin, ({ outcome }) => outcome === "parked")
      const [changed] = yield* Parked.retry(name, { reason: "uncertain" }).pipe(Effect.provideService(SqlClient, admin))
      assert.include(changed, { reason: "uncertain", maybeSent: true })
      yield* standIn.awaitMails(2).pipe(Effect.timeout("10 seconds"))
      yield* until(admin, ({ outcome }) => outcome === "sent")
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined, "yes"])
    }).pipe(silently)
  )
})

describe("a choice of parked notices", () => {
  it.live("goes by reason, table and database", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      const ask = on(database)
      yield* parking(admin, 2)
      yield* parking(admin, 3, "crashes: the worker ended 5 times while it was sending this mail")
      yield* parking(admin, 1, "copied from another database, which has probably mailed it")
      const count = (selection: Parked.Selection, of = name) =>
        Effect.map(ask(Parked.list(of, selection)), ({ notices }) => notices.length)
      assert.strictEqual(yield* count({}), 6)
      assert.strictEqual(yield* count({ reason: "crashes" }), 3)
      assert.strictEqual(yield* count({ table: "inquiries" }), 6)
      assert.strictEqual(yield* count({ table: "public.inquiries", reason: "copied" }), 1)
      assert.strictEqual(yield* count({ table: "orders" }), 0)
      assert.strictEqual(yield* count({}, DatabaseName.make("another")), 0)
      assert.lengthOf(yield* ask(Parked.discard(DatabaseName.make("another"), {})), 0)
      assert.lengthOf(yield* ask(Parked.discard(name, { table: "orders" })), 0)
      assert.lengthOf(yield* ask(Parked.discard(name, { reason: "crashes" })), 3)
      assert.strictEqual(yield* count({}), 3)
    }).pipe(silently)
  )

  it.live("of more than a statement takes is worked off whole, and each notice meets one of several operators", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* parking(admin, 2_500)
      const all = yield* Effect.forEach(
        [Parked.retry, Parked.discard, Parked.retry],
        (what) => on(database)(what(name, {})),
        { concurrency: 3 }
      )
      const ids = all.flat().map(({ id }) => id)
      assert.lengthOf(ids, 2_500)
      assert.strictEqual(new Set(ids).size, 2_500)
      const [stored] = yield* admin`
        select count(*) filter (where outcome = 'discarded')::integer as discarded,
          count(*) filter (where outcome is null and settled_at is null)::integer as queued from inquiries_mailer.outbox`
      assert.deepStrictEqual(stored, {
        discarded: all.flat().filter(({ outcome }) => outcome === "discarded").length,
        queued: all.flat().filter(({ outcome }) => outcome === "queued").length
      })
    }).pipe(silently)
  )

  it.live("reads no more than is parked, though the statistics know of none", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      yield* admin`analyze inquiries_mailer.outbox`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, 'sent', clock_timestamp() from generate_series(1, 20000) n`
      yield* parking(admin, 300)
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient
        const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
        const noted = <A, E>(work: Effect.Effect<A, E, SqlClient>) =>
          Effect.provideService(work, SqlClient, noting(sql, statements))
        yield* noted(Parked.list(name, { reason: "crashes" }))
        yield* noted(Parked.retry(name, { reason: "crashes" }))
        const asked = statements.filter(([statement]) => statement.includes("inquiries_mailer.tables t"))
        // The last one puts them all back.
        const [change, params] = asked.at(-1)!
        asked.push([change, params.map((param) => (param === "crashes" ? "rejected" : param))])
        for (const [statement, params] of asked) {
          const plan = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(`explain (analyze) ${statement}`, params)
          const text = plan.map((row) => row["QUERY PLAN"]).join("\n")
          for (const [, rows, removed] of text.matchAll(/actual time.* rows=([\d.]+)|Removed by .*: (\d+)/g)) {
            assert.isAtMost(Number(rows ?? removed ?? 0), 300, text)
          }
        }
        assert.lengthOf((yield* Parked.list(name, {})).notices, 0)
      }).pipe(Effect.provide(Connection.once(database.address)))
    }).pipe(silently)
  )

  it.live("puts no notice back whose key a newer row has taken: that has a notice of its own", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* parking(admin, 2)
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        values (1, '2', 'sent', clock_timestamp())`
      const changed = yield* on(database)(Parked.retry(name, {}))
      assert.deepStrictEqual(changed.map(({ key, outcome }) => `${key} ${outcome}`).toSorted(), [
        "1 queued",
        "2 superseded"
      ])
      const unsettled = yield* admin`select key from inquiries_mailer.outbox where outcome is null`
      assert.deepStrictEqual(unsettled, [{ key: "1" }])
    }).pipe(silently)
  )
})
