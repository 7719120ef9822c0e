// Connections that lie: each fault is noticed within 15 s, shown with its reason, and healed from without a restart.
import { assert, describe, it } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { Effect, type Scope, type SubscriptionRef } from "effect"
import { proxy } from "../../scripts/stage/proxy.ts"
import type { Statuses } from "../../src/Supervisor.ts"
import { limited } from "../support/limited.ts"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"

const noticed = Effect.timeout("15 seconds")
const healed = Effect.timeout("40 seconds")

/** The reason with which a database waits, not yet again at its work. */
const waits = (statuses: SubscriptionRef.SubscriptionRef<Statuses>) => noticed(line.inState(statuses, "waiting"))

const terminate = (admin: PgClient.PgClient) =>
  admin`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'inquiries-mailer' and datname = current_database()`

/** Signals the backend that LISTENs, the oldest of ours, which is stopped on only until the scope closes. */
const stopBackend = Effect.fnUntraced(function* (
  admin: PgClient.PgClient
): Effect.fn.Return<() => void, unknown, Scope.Scope> {
  const [row] = yield* admin<{ readonly pid: number }>`select pid from pg_stat_activity
    where application_name = 'inquiries-mailer' and datname = current_database() order by backend_start limit 1`
  const pid = row?.pid ?? assert.fail("no LISTEN connection")
  const signal = (name: NodeJS.Signals) => () => {
    try {
      process.kill(pid, name)
    } catch {}
  }
  yield* Effect.addFinalizer(() => Effect.sync(signal("SIGCONT")))
  signal("SIGSTOP")()
  return signal("SIGCONT")
})

// Side by side, because most of it is waiting.
describe.concurrent("is noticed, shown with its reason and healed from:", () => {
  it.live("kill -9 of the postmaster", () =>
    Effect.gen(function* () {
      const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      yield* server.kill
      assert.match(yield* waits(statuses), /connection|server/)
      yield* server.start
      yield* line.inState(statuses, "listening").pipe(healed)
      yield* line.insertInquiry(admin, 1).pipe(Effect.retry({ times: 50 }))
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )

  it.live("a backend that is stopped", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      const resume = yield* stopBackend(admin)
      assert.match(yield* waits(statuses), /does not answer/)
      resume()
      yield* line.inState(statuses, "listening").pipe(healed)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )

  it.live("half-closed sockets", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const between = yield* proxy(database.address.port)
      const statuses = yield* line.start({ ...database, address: { ...database.address, port: between.port } })
      yield* line.inState(statuses, "listening")
      yield* between.halfClose
      assert.match(yield* waits(statuses), /connection/)
      yield* line.inState(statuses, "listening").pipe(healed)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )

  it.live("too many connections", () =>
    Effect.gen(function* () {
      const { admin, database: whole, standIn } = yield* line.stage()
      const { database, role } = yield* limited(admin, whole)
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      yield* admin.unsafe(`alter role ${role} connection limit 0`)
      yield* terminate(admin)
      while (!(yield* waits(statuses)).includes("no free connection")) yield* Effect.sleep(50)
      yield* admin.unsafe(`alter role ${role} connection limit -1`)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1).pipe(healed)
    }).pipe(silently)
  )

  it.live("a read-only server, as one in recovery is too, without a word of being at work meanwhile", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const name = database.address.database
      const { layer, lines } = quiet()
      const statuses = yield* line.start(database).pipe(Effect.provide(layer))
      yield* line.inState(statuses, "listening")
      // The test's own sessions are from before.
      yield* admin`select 1`
      yield* admin.unsafe(`alter database ${name} set default_transaction_read_only = on`)
      yield* terminate(admin)
      while (!(yield* waits(statuses)).includes("read-only")) yield* Effect.sleep(50)
      yield* Effect.sleep("3 seconds")
      assert.lengthOf(
        lines.filter(({ message }) => message.startsWith("listening")),
        1
      )
      yield* admin.unsafe(`alter database ${name} reset default_transaction_read_only`)
      yield* line.inState(statuses, "listening").pipe(healed)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )

  it.live("a schema that is dropped and made anew", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      yield* admin`drop schema inquiries_mailer cascade`
      yield* terminate(admin)
      assert.match(yield* noticed(line.inState(statuses, "blocked")), /inquiries-mailer migrate/)
      yield* line.migrated(database)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1).pipe(healed)
    }).pipe(silently)
  )
})
