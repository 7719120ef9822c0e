// What a year in production does to the connection: nothing is lost, nothing is mailed twice, and it heals by itself.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Stream, SubscriptionRef } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { DatabaseName } from "../../src/Database.ts"
import type { Statuses } from "../../src/Supervisor.ts"
import { session } from "../support/customer.ts"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"

/** As a form does that tells the person to try again. */
const persistently = <A, R>(insert: Effect.Effect<A, SqlError, R>) =>
  insert.pipe(Effect.retry(Schedule.spaced("50 millis")), Effect.orDie)

/** Resolves once the reason reads like this. */
const inReason = (statuses: SubscriptionRef.SubscriptionRef<Statuses>, reason: RegExp) =>
  SubscriptionRef.changes(statuses).pipe(
    Stream.map((all) => all.get("autos")?.state),
    Stream.filter((state) => state !== undefined && "reason" in state && reason.test(state.reason)),
    Stream.runHead
  )

describe("a database that goes away", () => {
  it.live("loses and doubles no row when every connection is killed again and again", () =>
    Effect.gen(function* () {
      const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
      standIn.latencyMillis = 10
      yield* line.inState(yield* line.start(database), "listening")
      const inserting = yield* Effect.forkChild(
        Effect.forEach(line.numbers(120), (n) => persistently(line.insertInquiry(admin, n)), { discard: true })
      )
      yield* server.createDatabase("other")
      for (const count of [10, 30, 50]) {
        yield* standIn.awaitMails(count)
        yield* admin`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'inquiries-mailer'`.pipe(persistently)
      }
      yield* Fiber.join(inserting)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(120))
    }).pipe(silently)
  )

  for (const mode of ["fast", "immediate"] as const) {
    // A begun mark whose answer was lost with the server is left alone for a minute: slow, and neither lost nor doubled.
    it.live(
      `loses and doubles no row when the server is restarted (${mode}) in the middle of sends`,
      () =>
        Effect.gen(function* () {
          const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
          standIn.latencyMillis = 20
          const statuses = yield* line.start(database)
          yield* line.insertInquiries(admin, 60)
          yield* standIn.awaitMails(8)
          yield* server.restart(mode)
          yield* Effect.forEach(line.numbers(10, 61), (n) => persistently(line.insertInquiry(admin, n)))
          yield* standIn.awaitMails(70)
          yield* line.inState(statuses, "listening")
          yield* persistently(line.allSettled(admin))
          assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(70))
        }).pipe(silently),
      150_000
    )
  }

  it.live(
    "is mailed from within 40 s of its return, and says meanwhile that it is away and when it is tried again",
    () =>
      Effect.gen(function* () {
        const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
        const { layer, lines } = quiet()
        const statuses = yield* line.start(database).pipe(Effect.provide(layer))
        yield* line.inState(statuses, "listening")
        yield* server.stop("fast")
        yield* line.inState(statuses, "waiting")
        yield* server.start
        yield* persistently(line.insertInquiry(admin, 1))
        yield* standIn.awaitMails(1).pipe(Effect.timeout("40 seconds"))
        const away = lines.filter(({ message }) => message.startsWith("waiting"))
        assert.isAtLeast(away.length, 1)
        assert.isAtMost(away.length, 3, "a line when it begins and when the reason changes, not one an attempt")
      })
  )

  it.live("keeps neither the others nor the process from starting when it is down at the start", () =>
    Effect.gen(function* () {
      const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
      const other = yield* line.stage()
      const reachable = { ...other.database, name: DatabaseName.make("reachable") }
      yield* line.migrated(reachable)
      yield* server.stop("fast")
      const statuses = yield* line.start(database, reachable)
      yield* line.inState(statuses, "listening", "reachable")
      yield* line.insertInquiry(other.admin, 1)
      yield* other.standIn.awaitMails(1)
      assert.match(yield* line.inState(statuses, "waiting"), /nothing accepts connections/)
      yield* server.start
      yield* persistently(line.insertInquiry(admin, 2))
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )

  it.live("is blocked while its password is wrong, and goes on without a restart when it is right again", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const role = `worker_${database.address.database}`
      yield* admin.unsafe(`create role ${role} superuser login password 'another one'`)
      yield* Effect.addFinalizer(() => Effect.ignore(admin.unsafe(`drop role ${role}`)))
      const statuses = yield* line.start({ ...database, address: { ...database.address, user: role } })
      assert.match(yield* line.inState(statuses, "blocked"), /password/)
      yield* line.insertInquiry(admin, 1)
      yield* admin.unsafe(`alter role ${role} password '${line.passwordOf(database)}'`)
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )

  it.live("is mailed from by itself after its key has got another type, and takes that for no bug", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
      yield* admin`alter table inquiries alter column id type text`
      yield* line.insertInquiry(admin, 2)
      assert.match(yield* line.inState(statuses, "waiting"), /^a table has changed .*\(42883\)$/)
      yield* standIn.awaitMails(2)
      assert.strictEqual((yield* SubscriptionRef.get(statuses)).get("autos")?.crashes, 0)
    }).pipe(silently, Effect.timeout("20 seconds"))
  )

  it.live("is waited for while it takes no connections, is blocked once it is dropped, and each says so", () =>
    Effect.gen(function* () {
      const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
      yield* server.createDatabase("other")
      const other = yield* session({ ...server, database: "other" })
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      const end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'inquiries-mailer'"
      yield* other.query("alter database autos allow_connections false")
      yield* other.query(end)
      yield* inReason(statuses, /accepts no connections at present.*\(55000\)$/)
      yield* other.query("alter database autos allow_connections true")
      yield* line.inState(statuses, "listening")
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
      // An outcome that is still to be written is tried to be written for as long as it takes.
      yield* line.allSettled(admin)
      yield* other.query("drop database autos with (force)")
      assert.match(yield* line.inState(statuses, "blocked"), /does not exist.*\(3D000\)$/)
    }).pipe(silently, Effect.timeout("40 seconds"))
  )
})
