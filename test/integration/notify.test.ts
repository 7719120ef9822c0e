// A database in which nothing may be installed: the customer's own trigger notifies, a role that may only read listens.
import type { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Scope } from "effect"
import { randomBytes } from "node:crypto"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as samples from "../../scripts/stage/samples.ts"
import type { Capture, Database } from "../../src/Database.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

const channel = "new_record_channel"

/** As in the replaced system: one of them notifies the key, in old databases the whole row. */
const notifying = (payload: string) => [
  `create function tell() returns trigger language plpgsql as
    $$ begin perform pg_notify('${channel}', ${payload}); return new; end $$`,
  `create trigger tell after insert on inquiries for each row execute function tell()`
]
const key = "json_build_object('id', new.id)::text"

const stage = Effect.fnUntraced(function* (
  options: { readonly payload?: string; readonly capture?: Capture; readonly readable?: boolean } = {}
) {
  const { capture = "notify", payload = key, readable = true } = options
  const fresh = yield* freshDatabase()
  const { admin } = fresh
  const standIn = yield* GraphStandIn.start()
  const role = `reader_${randomBytes(4).toString("hex")}`
  const password = Redacted.make("an-invented-password")
  yield* Effect.acquireRelease(admin.unsafe(`create role ${role} login password '${Redacted.value(password)}'`), () =>
    Effect.ignore(Effect.andThen(admin.unsafe(`drop owned by ${role}`), admin.unsafe(`drop role ${role}`)))
  )
  yield* admin.unsafe(samples.inquiries.createTable)
  for (const statement of notifying(payload)) yield* admin.unsafe(statement)
  if (readable) yield* admin.unsafe(`grant select on inquiries to ${role}`)
  const inquiries = { ...line.table("inquiries", "inquiry", "public"), channel }
  const database = line.databaseAt({ ...fresh, user: role, password }, standIn.origin, { capture, tables: [inquiries] })
  return { admin, database, fresh, role, standIn }
})

const listening = Effect.fnUntraced(function* (database: Database) {
  const statuses = yield* line.start(database)
  yield* line.inState(statuses, "listening").pipe(Effect.timeout("15 seconds"))
  return statuses
})

const killSessions = (admin: PgClient.PgClient, role: string) =>
  admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`

describe("capture by notifications", () => {
  it.live("mails rows as they are notified, and none that was there before", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* stage()
      yield* line.insertInquiry(admin, 1)
      yield* listening(database)
      yield* line.insertInquiries(admin, 3, 2)
      yield* standIn.awaitMails(3)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [2, 3, 4])
      const [installed] = yield* admin`select to_regnamespace('inquiries_mailer') is not null as there`
      assert.deepStrictEqual(installed, { there: false })
    }).pipe(silently)
  )

  it.live("mails the same row once, however often it is notified, and takes no nonsense for a row", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* stage()
      yield* listening(database)
      for (const nonsense of ["", "hello", "[1]", '{"name":"x"}', '{"id":1e99}', '{"id":null}']) {
        yield* admin`select pg_notify(${channel}, ${nonsense})`
      }
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
      yield* admin`select pg_notify(${channel}, '{"id": 1}')`
      yield* line.insertInquiry(admin, 2)
      yield* standIn.awaitMails(2)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2])
    }).pipe(silently)
  )

  it.live("mails what came while the connection was away, also a row whose transaction had begun before", () =>
    Effect.gen(function* () {
      const { admin, database, role, standIn } = yield* stage()
      const statuses = yield* listening(database)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
      const late = yield* admin.reserve
      const insert = "insert into inquiries (name, email, subject) values ('Late', 'l@example.com', 'Question 2')"
      for (const statement of ["begin", insert]) yield* late.executeUnprepared(statement, [], undefined)
      yield* line.insertInquiry(admin, 3)
      yield* standIn.awaitMails(2)
      yield* admin.unsafe(`alter role ${role} nologin`)
      yield* killSessions(admin, role)
      yield* line.inState(statuses, "blocked").pipe(Effect.timeout("15 seconds"))
      yield* late.executeUnprepared("commit", [], undefined)
      yield* line.insertInquiry(admin, 4)
      yield* admin.unsafe(`alter role ${role} login`)
      yield* standIn.awaitMails(4).pipe(Effect.timeout("40 seconds"))
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2, 3, 4])
    }).pipe(Effect.scoped, silently)
  )

  it.live("takes the row from the notification where the table may not be read", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* stage({ payload: "row_to_json(new)::text", readable: false })
      yield* listening(database)
      yield* line.insertInquiry(admin, 1)
      const [mail] = yield* standIn.awaitMails(1)
      const { replyTo, text } = yield* mail!.parsed
      assert.include(text, "Is it still for sale?")
      assert.strictEqual(replyTo?.[0]?.address, "person1@example.com")
    }).pipe(silently)
  )

  it.live("is blocked, with what to grant, where neither the table nor the notification tells the row", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* stage({ readable: false })
      const statuses = yield* listening(database)
      yield* line.insertInquiry(admin, 1)
      const reason = yield* line.inState(statuses, "blocked").pipe(Effect.timeout("15 seconds"))
      assert.match(reason, /grant SELECT/)
      assert.lengthOf(standIn.mails, 0)
    }).pipe(silently)
  )

  it.live("tries again in memory after a failed send", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* stage()
      standIn.faults.push({ at: "sendMail", times: 1, kind: { status: 503, headers: { "retry-after": "1" } } })
      yield* listening(database)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1).pipe(Effect.timeout("15 seconds"))
      assert.strictEqual(standIn.requests.sendMail, 2)
    }).pipe(silently)
  )

  it.live("lets one of two replicas mail; the other takes over when it ends", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* stage()
      const first = yield* Scope.make()
      yield* listening(database).pipe(Scope.provide(first))
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "waiting").pipe(Effect.timeout("15 seconds"))
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
      yield* Scope.close(first, Exit.void)
      yield* line.inState(statuses, "listening").pipe(Effect.timeout("45 seconds"))
      yield* line.insertInquiry(admin, 2)
      yield* standIn.awaitMails(2)
      while (!(yield* line.mailedNumbers(standIn)).includes(2)) yield* Effect.sleep(20)
      // What the first one mailed since the other last looked may come again, under the same Message-ID.
      const again = standIn.mails.filter(({ messageId }) => messageId === standIn.mails[0]?.messageId)
      assert.strictEqual(again.length + 1, standIn.mails.length)
    }).pipe(silently)
  )

  it.live("leaves rows to the outbox where its trigger stands", () =>
    Effect.gen(function* () {
      const { admin, database, fresh, standIn } = yield* stage()
      const owner = { ...database.address, user: fresh.user, password: fresh.password }
      yield* line.migrated({ ...database, address: owner })
      yield* listening(database)
      yield* line.insertInquiry(admin, 1)
      yield* listening({ ...database, capture: "outbox", address: owner })
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
    }).pipe(silently)
  )

  it.live("that is automatic is the outbox where that is installed, and notifications elsewhere", () =>
    Effect.gen(function* () {
      const { admin, database, fresh, standIn } = yield* stage({ capture: "auto" })
      const owner = { ...database, address: { ...database.address, user: fresh.user, password: fresh.password } }
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* listening(database)
          yield* line.insertInquiry(admin, 1)
          yield* standIn.awaitMails(1)
        })
      )
      yield* line.migrated(owner)
      yield* listening(owner)
      yield* line.insertInquiry(admin, 2)
      yield* standIn.awaitMails(2)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(
        (yield* line.outcomes(admin)).map(({ outcome }) => outcome),
        ["sent"]
      )
    }).pipe(silently)
  )
})
