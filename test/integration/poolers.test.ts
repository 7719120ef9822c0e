// Poolers between us and the database, which refuse or drop what a session asks for and lose notifications; and poll
// mode, which needs no session at all.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, SubscriptionRef } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { startupParameters } from "../../src/Session.ts"
import { limited } from "../support/limited.ts"
import * as line from "../support/line.ts"
import { missing, pooled } from "../support/pooler.ts"
import { quiet, silently } from "../support/quiet.ts"

const limit = Effect.timeout("40 seconds")
const all = Object.keys(startupParameters)

// Where PgBouncer is missing these are skipped; `apt-get install pgbouncer` gets it.
describe.skipIf(missing !== undefined)("behind a pooler", () => {
  for (const [how, ignored] of [
    ["refuses", []],
    ["drops", all]
  ] as const) {
    it.live(`in session mode that ${how} our parameters, a database is listened to`, () =>
      Effect.gen(function* () {
        const { admin, database, standIn } = yield* line.stage()
        const statuses = yield* line.start(yield* pooled(database, "session", ignored))
        yield* line.inState(statuses, "listening")
        yield* line.insertInquiry(admin, 1)
        yield* standIn.awaitMails(1).pipe(Effect.timeout("5 seconds"))
        yield* line.allSettled(admin)
      }).pipe(silently, limit)
    )

    it.live(`in transaction mode that ${how} our parameters, a database is polled, and that is said once`, () =>
      Effect.gen(function* () {
        const { admin, database, standIn } = yield* line.stage()
        const { layer, lines } = quiet()
        yield* line.insertInquiries(admin, 30)
        const through = yield* pooled(database, "transaction", ignored)
        const statuses = yield* line.start({ ...through, pollEvery: Duration.seconds(2) }).pipe(Effect.provide(layer))
        assert.match(yield* line.inState(statuses, "polling"), /every 2s, no notification comes through/)
        yield* standIn.awaitMails(30)
        yield* line.insertInquiries(admin, 10, 31)
        yield* standIn.awaitMails(40)
        yield* line.allSettled(admin)
        assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(40))
        // The pooler's sessions serve others, too, and are as they were.
        const look = Connection.ask(
          through.address,
          "select current_setting('statement_timeout') as set from pg_sleep(0.2)"
        )
        const looks = yield* Effect.replicateEffect(look, 8, { concurrency: "unbounded" })
        assert.deepStrictEqual(new Set(looks.map(({ set }) => set)), new Set(["0"]))
        assert.deepStrictEqual(
          lines.filter(({ message }) => message.startsWith("polling")).map(({ level }) => level),
          ["Warn"]
        )
      }).pipe(silently, limit)
    )
  }

  it.live("row-level security blocks instead of hiding rows, though the pooler drops what we ask for", () =>
    Effect.gen(function* () {
      const { admin, database: whole } = yield* line.stage()
      const { database } = yield* limited(admin, whole)
      yield* admin`alter table inquiries enable row level security`
      const through = yield* pooled(database, "transaction", all)
      yield* line.insertInquiry(admin, 1)
      const statuses = yield* line.start(through)
      assert.include(yield* line.inState(statuses, "blocked"), "row-level security")
      assert.strictEqual((yield* line.outcomes(admin))[0]?.outcome, null)
    }).pipe(silently, limit)
  )

  it.live("every statement and every transaction has the settings that the work relies on", () =>
    Effect.gen(function* () {
      const { database } = yield* line.stage()
      const through = yield* pooled(database, "transaction", all)
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient
        const look = sql<{ readonly set: string }>`
          select concat_ws(' ', current_setting('row_security'), current_setting('synchronous_commit'),
            current_setting('search_path'), current_setting('transaction_isolation')) as set`
        const wanted = [{ set: "off on pg_catalog, pg_temp read committed" }]
        assert.deepStrictEqual(yield* look, wanted)
        assert.deepStrictEqual(yield* sql.withTransaction(look), wanted)
      }).pipe(Effect.provide(Connection.once(through.address)))
    }).pipe(silently, limit)
  )

  it.live("migrate installs everything", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* admin`drop schema inquiries_mailer cascade`
      yield* line.migrated(yield* pooled(database, "transaction", all))
      yield* line.insertInquiry(admin, 1)
      assert.lengthOf(yield* line.outcomes(admin), 1)
    }).pipe(silently, limit)
  )
})

describe("in poll mode", () => {
  it.live("rows are mailed at the polls, and between them no connection is held", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const sessions = Effect.map(
        admin`select from pg_stat_activity
          where application_name = 'inquiries-mailer' and datname = current_database()`,
        (rows) => rows.length
      )
      yield* line.insertInquiry(admin, 1)
      const statuses = yield* line.start({ ...database, wake: "poll", pollEvery: Duration.seconds(10) })
      assert.match(yield* line.inState(statuses, "polling"), /every 10s, as it is set/)
      yield* standIn.awaitMails(1)
      yield* line.allSettled(admin)
      yield* line.insertInquiry(admin, 2)
      yield* Effect.sleep("5 seconds")
      assert.strictEqual(yield* sessions, 0)
      assert.lengthOf(standIn.mails, 1)
      yield* standIn.awaitMails(2)
      yield* line.allSettled(admin)
      assert.strictEqual((yield* SubscriptionRef.get(statuses)).get("autos")?.restarts, 0)
    }).pipe(silently, limit)
  )
})
