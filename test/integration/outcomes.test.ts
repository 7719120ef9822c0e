// What Microsoft answers, and what becomes of the notice: the whole line, with faults on demand.
import { assert, describe, it } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import { DatabaseName } from "../../src/Database.ts"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"

const notices = (admin: PgClient.PgClient) =>
  admin<{
    readonly attempts: number
    readonly outcome: string | null
    readonly maybe: boolean
    readonly idle: boolean
  }>`
    select attempts, outcome, maybe_sent as maybe, claim is null as idle from inquiries_mailer.outbox order by created_at, id`

/** Waits until an attempt was made and its failure is written. */
const postponed = Effect.fnUntraced(function* (admin: PgClient.PgClient) {
  while ((yield* notices(admin))[0]?.attempts !== 1) yield* Effect.sleep(20)
})

/** Does not wait for the backoff. */
const makeDue = (admin: PgClient.PgClient) =>
  Effect.andThen(
    admin`update inquiries_mailer.outbox set due_at = clock_timestamp() where outcome is null`,
    admin`select pg_notify('inquiries_mailer', '{}')`
  )

const uncertain = [
  { name: "a 504 after the mail was accepted", kind: "accept-then-504" },
  { name: "a connection reset after the mail was accepted", kind: "reset-after-accept" }
] as const

describe("an answer of Graph", () => {
  it.live("503 postpones the notice, and it is sent at the next attempt", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.faults.push({ at: "sendMail", times: 1, kind: { status: 503 } })
      yield* line.start(database)
      yield* line.insertInquiry(admin, 1)
      yield* postponed(admin)
      assert.strictEqual(standIn.mails.length, 0)
      yield* makeDue(admin)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
      assert.deepInclude((yield* notices(admin))[0], { attempts: 2, outcome: "sent", maybe: false })
    }).pipe(silently)
  )

  for (const { kind, name } of uncertain) {
    it.live(`${name} is uncertain: sent again, under the same Message-ID`, () =>
      Effect.gen(function* () {
        const { admin, database, standIn } = yield* line.stage()
        standIn.faults.push({ at: "sendMail", times: 1, kind })
        yield* line.start(database)
        yield* line.insertInquiry(admin, 1)
        yield* postponed(admin)
        yield* makeDue(admin)
        yield* line.allSettled(admin)
        assert.deepInclude((yield* notices(admin))[0], { attempts: 2, outcome: "sent", maybe: true })
        assert.strictEqual(standIn.mails.length, 2)
        assert.strictEqual(new Set(standIn.mails.map(({ messageId }) => messageId)).size, 1)
      }).pipe(silently)
    )
  }

  it.live("429 pauses the mailbox for as long as Microsoft asked, and spends no attempt", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const throttle = { status: 429, headers: { "retry-after": "2" } }
      standIn.faults.push({ at: "sendMail", times: 1, kind: throttle })
      yield* line.insertInquiries(admin, 10)
      const started = performance.now()
      yield* line.start(database)
      yield* standIn.awaitMails(10)
      yield* line.allSettled(admin)
      assert.isAtLeast(performance.now() - started, 2_000)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(10))
      for (const { attempts } of yield* notices(admin)) assert.strictEqual(attempts, 1)
    }).pipe(silently)
  )

  it.live("that never comes holds up no other database's mailbox, and both share one token", () =>
    Effect.gen(function* () {
      const hanging = yield* line.stage()
      const other = yield* line.stage()
      const second = {
        ...other.database,
        ...{ name: DatabaseName.make("other"), credential: hanging.database.credential },
        envelope: { ...other.database.envelope, from: "second@example.com" }
      }
      yield* line.migrated(second)
      const { standIn } = hanging
      standIn.faults.push({ at: "sendMail", times: "forever", mailbox: "noreply@example.com", kind: "hang" })
      yield* line.insertInquiries(hanging.admin, 20)
      yield* line.start(hanging.database, second)
      while (standIn.requests.sendMail < 4) yield* Effect.sleep(20)
      yield* other.admin`delete from inquiries_mailer.outbox`
      yield* line.insertInquiries(other.admin, 10)
      yield* standIn.awaitMails(10).pipe(Effect.timeout("10 seconds"))
      assert.isTrue(standIn.mails.every(({ mailbox }) => mailbox === "second@example.com"))
      assert.strictEqual(standIn.requests.token, 1)
    }).pipe(silently)
  )
})

/** Nothing was spent, nothing is parked, and nobody holds a claim. */
const untouched = (all: Effect.Success<ReturnType<typeof notices>>) =>
  all.every(({ attempts, idle, outcome }) => attempts === 0 && idle && outcome === null)

// Side by side, because each waits 30 s for the first probe.
describe.concurrent("a mailbox that somebody has to repair", () => {
  it.live("parks nothing and spends no attempt while the secret is wrong; when it is right, everything goes out", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      const { clientId, tenantId } = database.credential
      const credentials = [{ tenantId, clientId, clientSecret: "another invented secret" }]
      const standIn = yield* GraphStandIn.start({ credentials })
      const { layer, lines } = quiet()
      yield* line.insertInquiries(admin, 10)
      yield* line.start({ ...database, credential: line.credentialAt(standIn.origin) }).pipe(Effect.provide(layer))
      while (!lines.some(({ message }) => message.startsWith("nothing is sent"))) yield* Effect.sleep(20)
      yield* Effect.sleep("1 second")
      assert.isTrue(untouched(yield* notices(admin)), JSON.stringify(yield* notices(admin)))
      assert.strictEqual(standIn.requests.token, 1)
      const said = lines.find(({ message }) => message.startsWith("nothing is sent"))
      assert.include(said!.message, "AADSTS7000215")
      credentials[0] = { tenantId, clientId, clientSecret: "an-invented-secret" }
      yield* standIn.awaitMails(10).pipe(Effect.timeout("45 seconds"))
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(10))
      assert.strictEqual(standIn.requests.sendMail, 10)
    })
  )

  it.live("parks nothing and spends no attempt while it may not send; when it may, everything goes out", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.faults.push({ at: "sendMail", times: "forever", kind: { status: 403 } })
      const { layer, lines } = quiet()
      yield* line.insertInquiries(admin, 10)
      yield* line.start(database).pipe(Effect.provide(layer))
      while (!lines.some(({ message }) => message.startsWith("nothing is sent"))) yield* Effect.sleep(20)
      yield* Effect.sleep("1 second")
      assert.isTrue(untouched(yield* notices(admin)), JSON.stringify(yield* notices(admin)))
      const refused = standIn.requests.sendMail
      assert.isAtMost(refused, 4)
      standIn.faults.clear()
      yield* standIn.awaitMails(10).pipe(Effect.timeout("45 seconds"))
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(10))
      assert.strictEqual(standIn.requests.sendMail, refused + 10)
    })
  )
})
