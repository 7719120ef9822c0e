// The claim that is left ahead, along the whole line: from the form's INSERT to the mail, and through a worker's end.
import { assert, describe, it } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { Duration, Effect, Exit, Scope } from "effect"
import type { Database } from "../../src/Database.ts"
import { duplicates } from "../support/doubt.ts"
import { session } from "../support/customer.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const limit = Effect.timeout("60 seconds")

/** Waits, by looking, until a claim is left. */
const left = (admin: PgClient.PgClient) =>
  Effect.gen(function* () {
    while ((yield* admin`select from inquiries_mailer.ahead where not taken`).length === 0) yield* Effect.sleep(10)
  })

/** What the transaction of a row's INSERT sees of its notice, in which `meanwhile` also happens. */
const inserted = (admin: PgClient.PgClient, n: number, meanwhile: Effect.Effect<unknown, unknown> = Effect.void) =>
  admin.withTransaction(
    Effect.gen(function* () {
      yield* line.insertInquiry(admin, n)
      const [notice] = yield* admin<{ readonly begun: boolean }>`
        select begun_at is not null as begun from inquiries_mailer.outbox where key = ${String(n)}`
      yield* meanwhile
      return notice!.begun
    })
  )

/** The first row is mailed, and a claim left for the second. */
const flowing = Effect.fnUntraced(function* (overrides: Partial<Database> = {}) {
  const stage = yield* line.stage(overrides)
  const { admin, database, standIn } = stage
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  yield* line.inState(yield* Scope.provide(line.start(database), scope), "listening")
  yield* line.insertInquiry(admin, 1)
  yield* standIn.awaitMails(1)
  return { ...stage, stop: Scope.close(scope, Exit.void) }
})

const attempts = (admin: PgClient.PgClient) =>
  admin<{ readonly key: string; readonly attempts: number; readonly crashes: number; readonly maybe_sent: boolean }>`
    select key, attempts, crashes, maybe_sent from inquiries_mailer.outbox order by key`

describe("a lone row, while mails flow,", () => {
  it.live("is begun with its own INSERT, and mailed once", () =>
    Effect.gen(function* () {
      const { admin, standIn } = yield* flowing()
      for (const n of [2, 3]) {
        yield* left(admin)
        assert.isTrue(yield* inserted(admin, n))
        yield* standIn.awaitMails(n)
      }
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2, 3])
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined, undefined, undefined])
      const once = { attempts: 1, crashes: 0, maybe_sent: false }
      assert.deepStrictEqual(
        yield* attempts(admin),
        ["1", "2", "3"].map((key) => ({ key, ...once }))
      )
    }).pipe(silently, limit)
  )

  it.live("is mailed once though its transaction took long", () =>
    Effect.gen(function* () {
      const { admin, standIn } = yield* flowing()
      yield* left(admin)
      const long = admin`update inquiries_mailer.outbox
        set created_at = created_at - interval '50 s', begun_at = begun_at - interval '50 s', due_at = due_at - interval '50 s' where key = '2'`
      assert.isTrue(yield* inserted(admin, 2, long))
      yield* standIn.awaitMails(2)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined, undefined])
      assert.deepStrictEqual((yield* attempts(admin))[1], { key: "2", attempts: 1, crashes: 0, maybe_sent: false })
    }).pipe(silently, limit)
  )

  it.live("is claimed as any other by the next worker when its own has been stopped", () =>
    Effect.gen(function* () {
      const { admin, database, standIn, stop } = yield* flowing()
      yield* left(admin)
      yield* stop
      assert.isFalse(yield* inserted(admin, 2))
      yield* line.start(database)
      yield* standIn.awaitMails(2)
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined, undefined])
    }).pipe(silently, limit)
  )
})

describe("a worker that is killed", () => {
  const killed = Effect.fnUntraced(function* () {
    const stage = yield* line.stage()
    const worker = yield* program(["run"], environment(stage.database, stage.standIn.origin))
    yield* worker.says("listening")
    yield* line.insertInquiry(stage.admin, 1)
    yield* left(stage.admin)
    const kill = Effect.andThen(worker.kill("SIGKILL"), worker.ended)
    return { ...stage, kill }
  })

  it.live("leaves its claim to nobody: the next row is mailed as any other", () =>
    Effect.gen(function* () {
      const { admin, database, kill, standIn } = yield* killed()
      yield* kill
      // Its session ends when the server has seen that its client is gone.
      while ((yield* admin`select from pg_locks where locktype = 'advisory' and granted`).length > 0)
        yield* Effect.sleep(10)
      assert.isFalse(yield* inserted(admin, 2))
      yield* line.start(database)
      yield* standIn.awaitMails(2)
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined, undefined])
    }).pipe(silently, limit)
  )

  it.live("in the middle of the mail of a row that has taken it leaves that in doubt, and the next one says so", () =>
    Effect.gen(function* () {
      const { admin, database, kill, standIn } = yield* killed()
      standIn.faults.push({ at: "sendMail", times: 1, kind: "hang-after-accept" })
      assert.isTrue(yield* inserted(admin, 2))
      yield* standIn.awaitMails(2)
      yield* kill
      yield* admin`update inquiries_mailer.outbox set due_at = clock_timestamp() where outcome is null`
      yield* line.start(database)
      yield* standIn.awaitMails(3)
      assert.deepStrictEqual(yield* duplicates(standIn), [undefined, undefined, "yes"])
    }).pipe(silently, limit)
  )
})

const burst = { rows: 5, within: Duration.minutes(1) }
const without: Readonly<Record<string, Partial<Database>>> = {
  "a burst is set up": { tables: [{ ...line.table("inquiries", "inquiry"), burst }] },
  "a person decides about doubts": { reconcile: "park" },
  "doubts are looked for in the mailbox": { reconcile: "mailbox" }
}

describe("no claim is left", () => {
  for (const [where, overrides] of Object.entries(without)) {
    it.live(`where ${where}`, () =>
      Effect.gen(function* () {
        const { admin, standIn } = yield* flowing(overrides)
        yield* line.insertInquiry(admin, 2)
        yield* standIn.awaitMails(2)
        yield* line.allSettled(admin)
        assert.deepStrictEqual(yield* admin`select from inquiries_mailer.ahead`, [])
      }).pipe(silently, limit)
    )
  }
})

describe("a row of which nobody may be notified", () => {
  it.live("takes no claim", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stageOfItsOwn({}, { max_prepared_transactions: "1" })
      const listens = yield* session({ ...database.address, password: database.address.password ?? assert.fail() })
      yield* listens.query("select pg_advisory_lock(77)")
      yield* admin`insert into inquiries_mailer.ahead values
        (${database.name}, 77, gen_random_uuid(), gen_random_uuid(), '1 minute', now() + interval '1 minute', false)`
      assert.isFalse(yield* inserted(admin, 1))
    }).pipe(silently, limit)
  )
})
