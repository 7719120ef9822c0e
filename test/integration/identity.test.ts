// A copy of a database mails nothing until somebody says that it is the real one; and workers and outboxes of different
// age get along, or say who of them is too old.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as Connection from "../../src/Connection.ts"
import * as Identity from "../../src/Identity.ts"
import { migrate } from "../../src/Migrate.ts"
import { customer, migrateOne, session } from "../support/customer.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

describe("a copy of a database", () => {
  it.live("is blocked, refuses a plain migrate, and mails after --adopt only what has come since", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.insertInquiry(admin, 1)
      const original = database.address.database
      const address = { ...database.address, database: `copy_of_${original}` }
      const at = { ...address, password: address.password ?? assert.fail("no password") }
      const server = yield* session({ ...at, database: "postgres" })
      yield* server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [original])
      yield* Effect.acquireRelease(server.query(`create database ${at.database} template ${original}`), () =>
        server.query(`drop database ${at.database} with (force)`)
      )
      const copy = { ...database, address }
      const adopted = migrate(copy, [copy.name], true).pipe(Effect.provide(Connection.once(address)))
      const statuses = yield* line.start(copy)
      assert.include(yield* line.inState(statuses, "blocked"), "migrate --adopt")
      const [refused] = yield* line.migrated(copy)
      assert.match(refused!.refused.join(), /^this is a copy of another database/)
      assert.deepInclude(yield* adopted, { parked: 1, unchanged: ["public.inquiries"] })
      yield* line.inState(statuses, "listening")
      const form = yield* session(at)
      yield* form.query("insert into inquiries (name, email, subject) values ('Jane', 'j@example.com', 'Question 2')")
      yield* standIn.awaitMails(1)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [2])
      assert.deepStrictEqual(yield* form.query("select detail from inquiries_mailer.outbox where outcome = 'parked'"), [
        { detail: "copied from another database, which has probably mailed it" }
      ])
      assert.deepInclude(yield* adopted, { parked: 0, refused: [] })
    }).pipe(silently)
  )

  it.live(
    "is adopted in short statements, however much has come along, and nothing of it is mailed before the last",
    () =>
      Effect.gen(function* () {
        const { database, fresh } = yield* customer()
        const { admin } = fresh
        yield* migrateOne(database)
        yield* admin`insert into inquiries_mailer.outbox (table_number, key) select 1, n::text from generate_series(1, 12000) n`
        yield* admin`update inquiries_mailer.identity set database_oid = '1'`
        const { parked } = yield* migrate(database, [database.name], true).pipe(
          Effect.provide(Connection.once(database.address))
        )
        assert.strictEqual(parked, 12_000)
        // What one statement has written bears its transaction.
        assert.deepStrictEqual(
          yield* admin`select count(*)::integer as rows, o.xmin = i.xmin as with_the_mark
          from inquiries_mailer.outbox o, inquiries_mailer.identity i where outcome = 'parked'
          group by o.xmin, i.xmin order by rows`,
          [
            { rows: 2_000, with_the_mark: false },
            { rows: 5_000, with_the_mark: false },
            { rows: 5_000, with_the_mark: false }
          ]
        )
        // By which an operator asks for each of them.
        assert.deepStrictEqual(yield* admin`select count(distinct id)::integer as ids from inquiries_mailer.outbox`, [
          { ids: 12_000 }
        ])
      })
  )

  it.live("is known by any mark that both sides could read: the server's, the database's, or Neon's branch", () =>
    Effect.gen(function* () {
      const { database, fresh } = yield* customer()
      const { admin } = fresh
      const marks = admin`select system_identifier is null as system, branch from inquiries_mailer.identity`
      const checked = Effect.exit(Effect.provide(Identity.check, Connection.once(database.address)))
      const refuses = Effect.gen(function* () {
        const refused = (yield* migrateOne(database)).refused.length > 0
        assert.strictEqual(Exit.isFailure(yield* checked), refused, "the worker is of migrate's opinion")
        return refused
      })
      yield* admin`revoke execute on function pg_control_system() from public`
      assert.isFalse(yield* refuses)
      assert.deepStrictEqual(yield* marks, [{ system: true, branch: null }])
      yield* admin`grant execute on function pg_control_system() to public`
      yield* admin.unsafe(`alter database ${fresh.database} set "neon.timeline_id" = 'main'`)
      assert.isFalse(yield* refuses)
      assert.deepStrictEqual(yield* marks, [{ system: false, branch: "main" }])
      yield* admin.unsafe(`alter database ${fresh.database} set "neon.timeline_id" = 'branch'`)
      assert.isTrue(yield* refuses)
      yield* admin.unsafe(`alter database ${fresh.database} reset "neon.timeline_id"`)
      assert.isFalse(yield* refuses)
      yield* admin`update inquiries_mailer.identity set system_identifier = '1'`
      assert.isTrue(yield* refuses)
      yield* admin`revoke execute on function pg_control_system() from public`
      assert.isFalse(yield* refuses)
      yield* admin`update inquiries_mailer.identity set database_oid = '1'`
      assert.isTrue(yield* refuses)
    })
  )
})

describe("versions", () => {
  it.live("a worker that the outbox no longer serves is blocked and told to be updated, and so is its migrate", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* admin`update inquiries_mailer.identity set version = 1000, oldest_worker = 999`
      const statuses = yield* line.start(database)
      assert.include(yield* line.inState(statuses, "blocked"), "update it")
      const [report] = yield* line.migrated(database)
      assert.match(report!.refused.join(), /update it/)
      assert.deepStrictEqual(yield* admin`select version from inquiries_mailer.identity`, [{ version: 1000 }])
    }).pipe(silently)
  )

  it.live("a worker that a newer outbox still serves works on, and its migrate sets nothing back", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* admin`update inquiries_mailer.identity set version = 1000`
      yield* line.inState(yield* line.start(database), "listening")
      yield* line.migrated(database)
      assert.deepStrictEqual(yield* admin`select version from inquiries_mailer.identity`, [{ version: 1000 }])
    }).pipe(silently)
  )

  it.live("a worker on an older outbox is blocked until migrate has run", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* admin`update inquiries_mailer.identity set version = 0`
      const statuses = yield* line.start(database)
      assert.include(yield* line.inState(statuses, "blocked"), "run `inquiries-mailer migrate`")
      yield* line.migrated(database)
      yield* line.inState(statuses, "listening")
    }).pipe(silently)
  )
})
