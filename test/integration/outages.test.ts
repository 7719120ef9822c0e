// What a year in production does to the connection: nothing is lost, nothing is mailed twice, and it heals by itself.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { DatabaseName } from "../../src/Database.ts"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"

/** As a form does that tells the person to try again. */
const persistently = <A, R>(insert: Effect.Effect<A, SqlError, R>) =>
  insert.pipe(Effect.retry(Schedule.spaced("50 millis")), Effect.orDie)

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
})
