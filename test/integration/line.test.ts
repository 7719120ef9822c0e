// The whole line on a real PostgreSQL: what goes in at one end comes out at the other, once.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatabaseName } from "../../src/Database.ts"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"

describe("a mail that takes long", () => {
  it.live("holds up no row that comes later", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.faults.push({ at: "sendMail", times: 1, kind: { delayMillis: 15_000 } })
      yield* line.start(database)
      yield* line.insertInquiry(admin, 1)
      while (standIn.faults.pending().length > 0) yield* Effect.sleep(20)
      yield* line.insertInquiries(admin, 5, 2)
      yield* standIn.awaitMails(5)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [2, 3, 4, 5, 6])
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(6))
    }).pipe(silently)
  )
})

describe("the line", () => {
  it.live("mails a row that was inserted while it was listening", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.inState(yield* line.start(database), "listening")
      yield* line.insertInquiry(admin, 7)
      const [mail] = yield* standIn.awaitMails(1)
      const { from, html, messageId, replyTo, subject, text, to } = yield* mail!.parsed
      assert.strictEqual(subject, "New inquiry: Question 7 – Person 7 (#1)")
      assert.deepInclude(from, { address: "noreply@example.com" })
      assert.deepEqual(
        to?.map(({ address }) => address),
        ["sales@example.com"]
      )
      assert.deepEqual(replyTo, [{ name: "Person 7", address: "person7@example.com" }])
      assert.include(text, "Is it still for sale?")
      assert.include(html, "Is it still for sale?")
      const [notice] = yield* admin<{ readonly id: string }>`select id::text from inquiries_mailer.outbox`
      assert.strictEqual(messageId, `<${notice!.id}@example.com>`)
      assert.strictEqual(mail!.clientRequestId, notice!.id)
    }).pipe(silently)
  )

  it.live("mails rows that were inserted before it started, and none that were there before the outbox was", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage({ tables: [] })
      yield* line.insertInquiries(admin, 3)
      const watching = { ...database, tables: [line.table("inquiries", "inquiry")] }
      yield* line.migrated(watching)
      yield* line.insertInquiries(admin, 3, 4)
      yield* line.start(watching)
      yield* standIn.awaitMails(3)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [4, 5, 6])
    }).pipe(silently)
  )

  it.live("mails every row of a burst exactly once, never more than four at a time", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.latencyMillis = 5
      yield* line.start(database)
      yield* line.insertInquiries(admin, 150)
      yield* admin`insert into inquiries (name, email, subject)
        select 'Person', 'p@example.com', 'Question ' || n from generate_series(151, 300) n`
      yield* standIn.awaitMails(300)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(300))
      assert.strictEqual(standIn.maxInFlight.get("noreply@example.com"), 4)
      assert.strictEqual(standIn.requests.token, 1)
    }).pipe(silently)
  )

  it.live("takes the tables of a database in turn, so that a backlog of one does not hold up the other", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage({ tables: [] })
      yield* admin`create table quiet_table (id serial primary key, note text)`
      const watching = { ...database, tables: [line.table("inquiries", "inquiry"), line.table("quiet_table")] }
      yield* line.migrated(watching)
      yield* admin`insert into inquiries (name, email) select 'Person', 'p@example.com' from generate_series(1, 200)`
      yield* admin`insert into quiet_table (note) values ('here')`
      yield* line.start(watching)
      const early = (yield* standIn.awaitMails(8)).slice(0, 8)
      const subjects = yield* Effect.forEach(early, (mail) => Effect.map(mail.parsed, ({ subject }) => subject))
      assert.isTrue(
        subjects.some((subject) => subject?.includes("quiet_table")),
        subjects.join("\n")
      )
      yield* standIn.awaitMails(201)
    }).pipe(silently)
  )

  it.live("watches tables with keys of every kind and with names that need quotes, and logs text keys as hashes", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage({ tables: [] })
      yield* admin`create schema "Web.Forms"`
      yield* admin`create table "Web.Forms"."Quote ""x""; drop" ("Id.1" uuid primary key default gen_random_uuid(), v text)`
      yield* admin`create table by_email (email text primary key, note text)`
      yield* admin`create table by_small (id smallint primary key)`
      const watching = {
        ...database,
        tables: [line.table('Quote "x"; drop', "record", "Web.Forms"), line.table("by_email"), line.table("by_small")]
      }
      yield* line.migrated(watching)
      const { layer, lines } = quiet()
      yield* line.start(watching).pipe(Effect.provide(layer))
      yield* admin`insert into "Web.Forms"."Quote ""x""; drop" (v) values ('by uuid')`
      yield* admin`insert into by_email values ('secret.person@example.com', 'by text'), (${"x".repeat(8_000)}, 'by long text')`
      yield* admin`insert into by_small values (-32768)`
      yield* standIn.awaitMails(4)
      yield* line.allSettled(admin)
      assert.notInclude(JSON.stringify(lines), "secret.person")
      assert.isTrue(lines.some(({ annotations }) => String(annotations["key"]).startsWith("sha256:")))
    })
  )

  it.live("settles a row that was deleted before it could be mailed as gone", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.insertInquiries(admin, 2)
      yield* admin`delete from inquiries where id = 1`
      yield* line.start(database)
      const settled = yield* line.allSettled(admin)
      assert.deepStrictEqual(settled, [
        { key: "1", outcome: "gone" },
        { key: "2", outcome: "sent" }
      ])
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [2])
    }).pipe(silently)
  )

  it.live("mails the newer of two rows that had the same key, under a Message-ID of its own", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.insertInquiry(admin, 1)
      yield* admin`truncate inquiries restart identity`
      yield* line.insertInquiry(admin, 2)
      yield* line.start(database)
      const settled = yield* line.allSettled(admin)
      assert.deepStrictEqual(settled, [
        { key: "1", outcome: "superseded" },
        { key: "1", outcome: "sent" }
      ])
      yield* admin`truncate inquiries restart identity`
      yield* line.insertInquiry(admin, 3)
      yield* standIn.awaitMails(2)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [2, 3])
      assert.strictEqual(new Set(standIn.mails.map(({ messageId }) => messageId)).size, 2)
    }).pipe(silently)
  )

  it.live("keeps two configured databases on one PostgreSQL database apart, even on the same table", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const other = {
        ...database,
        name: DatabaseName.make("second"),
        envelope: { ...database.envelope, from: "second@example.com" }
      }
      yield* line.migrated(database, other)
      yield* line.start(database, other)
      yield* line.insertInquiries(admin, 20)
      yield* standIn.awaitMails(40)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(
        yield* line.mailedNumbers(standIn),
        line.numbers(20).flatMap((n) => [n, n])
      )
      const from = standIn.mails.filter(({ mailbox }) => mailbox === "second@example.com")
      assert.strictEqual(from.length, 20)
    }).pipe(silently)
  )
})
