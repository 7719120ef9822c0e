// Bursts along the whole line, from the form's insert to the mail, with answers that get lost.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import type { Fault } from "../../scripts/stage/GraphFaults.ts"
import type { StandIn } from "../../scripts/stage/GraphStandIn.ts"
import type { Reconcile } from "../../src/Database.ts"
import * as line from "../support/line.ts"
import { quiet } from "../support/quiet.ts"

const lost: Fault = { at: "sendMail", times: 1, kind: "reset-after-accept" }

const insertAll = `insert into inquiries (name, email, subject, message)
  select 'Person ' || n, 'person' || n || '@example.com', 'Question ' || n, 'Is it still for sale?' from generate_series(1, 12) n`

/** The rows that each mail tells of, in order. */
const told = Effect.fnUntraced(function* ({ mails }: StandIn) {
  const parsed = yield* Effect.forEach(mails, (mail) => mail.parsed)
  return parsed.map(({ html, text }) => {
    const rows = (part = "") => [...new Set([...part.matchAll(/\bperson(\d+)@example/g)].map(([, n]) => Number(n)))]
    assert.deepStrictEqual(rows(html), rows(text))
    return rows(text)
  })
})

const started = Effect.fnUntraced(function* (reconcile: Reconcile, fault: Fault | undefined) {
  const burst = { rows: 2, within: Duration.seconds(3) }
  const stage = yield* line.stage({ reconcile, tables: [{ ...line.table("inquiries", "inquiry"), burst }] })
  const { admin, database, standIn } = stage
  yield* line.start(database).pipe(Effect.provide(quiet().layer))
  yield* admin.unsafe(insertAll)
  while (standIn.mails.length < 2) yield* Effect.sleep(20)
  if (fault !== undefined) standIn.faults.push(fault)
  const soon = Effect.andThen(
    admin`update inquiries_mailer.outbox set due_at = clock_timestamp()
      where key is null and claim is null and maybe_sent and due_at > clock_timestamp()`,
    admin`select pg_notify('inquiries_mailer', '{}')`
  )
  const settled = Effect.raceFirst(line.allSettled(admin), Effect.forever(Effect.delay(soon, "100 millis")))
  return { ...stage, settled }
})

const digested = line.numbers(10, 3)

describe("twelve rows at once, of which two are mailed singly", () => {
  it.live("arrive in three mails, each row in one", () =>
    Effect.gen(function* () {
      const { settled, standIn } = yield* started("resend", undefined)
      const outcomes = yield* settled
      assert.deepStrictEqual(
        outcomes.map(({ outcome }) => outcome),
        outcomes.map(() => "sent")
      )
      assert.lengthOf(outcomes, 12)
      assert.deepStrictEqual(
        (yield* told(standIn)).toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
        [[1], [2], digested]
      )
      const digest = yield* standIn.mails[2]!.parsed
      assert.strictEqual(digest.subject, "10 further inquiries in 3 seconds (#3 – #12)")
      assert.isUndefined(digest.replyTo)
    })
  )

  it.live("arrive as the same digest again where its answer was lost, under the same Message-ID and marked", () =>
    Effect.gen(function* () {
      const { admin, settled, standIn } = yield* started("resend", lost)
      while (standIn.mails.length < 3) yield* Effect.sleep(20)
      yield* admin`delete from inquiries where id = 7`
      yield* admin.unsafe(insertAll.replace("(1, 12)", "(13, 13)"))
      yield* settled
      const [, , first, ...others] = standIn.mails
      const again = others.find(({ messageId }) => messageId === first!.messageId)
      assert.match(again?.raw ?? "", /^x-maybe-duplicate: yes\r?$/im)
      const rows = yield* told(standIn)
      assert.deepStrictEqual(rows[2], digested)
      assert.deepStrictEqual(
        rows[standIn.mails.indexOf(again!)],
        digested.filter((n) => n !== 7)
      )
    })
  )

  it.live("are not sent again where the digest is found in the mailbox", () =>
    Effect.gen(function* () {
      const { settled, standIn } = yield* started("mailbox", lost)
      const outcomes = yield* settled
      assert.deepStrictEqual(
        outcomes.map(({ outcome }) => outcome),
        outcomes.map(() => "sent")
      )
      assert.lengthOf(standIn.mails, 3)
    })
  )

  it.live("go singly in the end where the digest is refused for good, as far as they are accepted", () =>
    Effect.gen(function* () {
      const refusal: Fault = { at: "sendMail", times: 1, kind: { status: 400, code: "ErrorInvalidRecipients" } }
      const { settled, standIn } = yield* started("resend", refusal)
      yield* settled
      assert.deepStrictEqual(
        (yield* told(standIn)).toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
        [[1], [2], line.numbers(5, 3), line.numbers(5, 8)]
      )
    })
  )
})
