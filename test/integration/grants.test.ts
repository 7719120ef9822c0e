// The least that a worker may be allowed, as `migrate --grants` prints it, is enough for the whole line.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted } from "effect"
import * as Connection from "../../src/Connection.ts"
import { count } from "../../src/Counts.ts"
import { discard } from "../../src/Parked.ts"
import * as Pause from "../../src/Pause.ts"
import { prune } from "../../src/Prune.ts"
import { session } from "../support/customer.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const run = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Record<string, string>) {
  return yield* (yield* program(args, env)).ended
})

describe("migrate --grants", () => {
  it.live("prints statements that let a role mail, settle, sweep and prune, and do nothing else", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const role = `Worker "of"; ${database.address.database}`
      const quoted = `"${role.replaceAll('"', '""')}"`
      yield* admin.unsafe(`create role ${quoted} login password 'an-invented-secret'`)
      yield* Effect.addFinalizer(() => Effect.ignore(admin.unsafe(`drop owned by ${quoted}; drop role ${quoted}`)))
      const { code, output } = yield* run(["migrate", "--grants", role], environment(database, standIn.origin))
      assert.strictEqual(code, 0, output)
      const password = Redacted.make("an-invented-secret")
      const worker = yield* session({ ...database.address, user: role, password })
      assert.match(yield* worker.refusal("select from inquiries_mailer.outbox"), /permission denied/)
      for (const statement of output.split(/;\n/)) yield* admin.unsafe(statement)

      const limited = { ...database, address: { ...database.address, user: role, password } }
      yield* admin.unsafe("alter table inquiries disable trigger user")
      yield* line.insertInquiry(admin, 1)
      yield* admin.unsafe("alter table inquiries enable trigger user")
      yield* line.inState(yield* line.start(limited), "listening")
      yield* line.insertInquiries(admin, 2, 2)
      // The sweep finds the one that was not captured.
      yield* standIn.awaitMails(3).pipe(Effect.timeout("20 seconds"))
      yield* line.allSettled(admin)
      // What it has passed may be deleted.
      yield* admin`update inquiries_mailer.tables set swept_through = '3'`
      const pruned = prune([1], Duration.zero).pipe(Effect.provide(Connection.once(limited.address)))
      assert.strictEqual(yield* pruned, 3)
      yield* worker.query("delete from inquiries_mailer.incident")
      const asWorker = Effect.provide(Connection.once(limited.address))
      assert.isTrue((yield* Pause.pause(limited.name).pipe(asWorker)).changed)
      assert.isTrue((yield* Pause.resume(limited.name).pipe(asWorker)).changed)
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        values (1, '9', 'parked', now())`
      assert.deepInclude(yield* count(limited.name).pipe(asWorker), { parked: { rejected: 1 } })
      assert.lengthOf(yield* discard(limited.name, {}).pipe(asWorker), 1)
      for (const forbidden of [
        "delete from inquiries",
        "delete from inquiries_mailer.tables",
        "update inquiries_mailer.identity set version = 0",
        "create table inquiries_mailer.mine ()"
      ]) {
        assert.match(yield* worker.refusal(forbidden), /permission denied/)
      }
    }).pipe(silently)
  )

  it.live("refuses the name that PostgreSQL takes for everybody, and says why a table has none", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const env = environment(database, standIn.origin)
      assert.include((yield* run(["migrate", "--grants", "public"], env)).output, "must name a role")
      yield* admin`drop table inquiries`
      const { code, output } = yield* run(["migrate", "--grants", "worker"], env)
      assert.strictEqual(code, 78)
      assert.include(output, "does not exist")
      assert.notInclude(output, "grant")
    }).pipe(silently)
  )
})
