// What a receipt says, and what it says first.
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { toText, write } from "../../src/OperatorMail.ts"
import type { Account, Outcomes, TableAccount } from "../../src/receipt/Account.ts"
import { type Answer, contentOf } from "../../src/receipt/Letter.ts"

const now = DateTime.toEpochMillis(DateTime.makeUnsafe("2026-11-24T08:00:00Z"))
const day = { name: "2026-11-23", from: 0, to: 1 }
const none: Outcomes = { accepted: 0, gone: 0, waiting: 0, uncertain: 0, parked: 0 }

const table = (rows: number, overrides: object = {}, more: Partial<TableAccount> = {}): TableAccount => ({
  table: "public.inquiries",
  written: { rows, mailed: rows, waiting: 0, parked: 0, missed: 0, unjudged: 0, ...overrides },
  outcomes: { ...none, accepted: rows },
  silent: false,
  ...more
})

const account = (
  database: string,
  tables: ReadonlyArray<TableAccount>,
  awaySeconds: number | undefined = 0
): Account => ({
  ...{ database, tables, awaySeconds }
})

const content = (...answers: ReadonlyArray<Answer>) => contentOf(answers, day, "UTC", now)
const subject = (...answers: ReadonlyArray<Answer>) => content(...answers).subject
const said = (...answers: ReadonlyArray<Answer>) => toText(content(...answers).blocks)

const gone: Answer = { database: "freight", reason: "nothing accepts connections", awaySince: now - 7_500_000 }

describe("a receipt", () => {
  it.each([
    [0, "no row was written"],
    [1, "the one row was mailed"],
    [12, "all 12 rows were mailed"]
  ])("of %i rows that were all mailed says so in its subject", (rows, verdict) => {
    assert.strictEqual(subject(account("autos", [table(rows)])), `[Inquiries Mailer] 23 Nov 2026: ${verdict}`)
    assert.match(said(account("autos", [table(rows)])), new RegExp(`^On 23 Nov 2026, ${verdict}\\.`))
  })

  it("has a difference as its subject and its headline, and names each reason", () => {
    const short = table(12, { mailed: 6, waiting: 3, parked: 2, missed: 1 })
    assert.strictEqual(
      subject(account("autos", [short, table(3)]), gone),
      "[Inquiries Mailer] 23 Nov 2026: 6 of 15 rows were not mailed; freight could not be asked"
    )
    const text = said(account("autos", [short, table(3)]))
    assert.match(text, /^! On 23 Nov 2026, 6 of 15 rows were not mailed\./)
    assert.include(
      text,
      "! public.inquiries: 3 wait to be mailed; 2 are parked, see `inquiries-mailer parked list`; 1 were never captured, see `inquiries-mailer sweep`."
    )
  })

  it("is calm about what somebody has decided, such as a row that was dismissed, and about what cannot be judged", () => {
    assert.include(
      subject(account("autos", [table(12, { mailed: 11 })])),
      "11 of 12 rows were mailed, and somebody has decided not to mail 1"
    )
    const early = account("autos", [table(12, { unjudged: 3 })])
    assert.include(subject(early), "all 12 rows were mailed")
    assert.include(said(early), "public.inquiries: 3 more rows of that day are not judged")
  })

  it("says of a database that could not be asked only that, and for how long it has been away", () => {
    assert.strictEqual(
      subject(gone),
      "[Inquiries Mailer] 23 Nov 2026: freight could not be asked; nothing is known of any row"
    )
    assert.include(
      said(gone),
      "! It could not be asked: nothing accepts connections. It has been away for 2 h 5 min. What waits there is mailed when it is back."
    )
    assert.notInclude(said({ ...gone, awaySince: undefined }), "has been away")
  })

  it("says where rows were not counted, and why", () => {
    const uncounted = table(0, {}, { written: { notCounted: "took too long" }, outcomes: { ...none, accepted: 4 } })
    assert.include(subject(account("autos", [uncounted])), "4 mails were accepted, rows were not counted")
    const text = said(account("autos", [uncounted]))
    assert.include(text, "public.inquiries: rows not counted: took too long.")
    assert.match(text, /public\.inquiries +not counted +- +4 +0/)
  })

  it("names a table that usually gets rows, and got none", () => {
    const silent = table(0, {}, { silent: true })
    assert.strictEqual(
      subject(account("autos", [silent])),
      "[Inquiries Mailer] 23 Nov 2026: no rows in autos public.inquiries; no row was written"
    )
    assert.include(
      said(account("autos", [silent])),
      "! No row came into autos public.inquiries, which usually gets some on such a day."
    )
  })

  it("says how long a database was away, and nothing where nobody knows", () => {
    for (const [seconds, words] of [
      [0, "It was not away."],
      [12.3, "It was away for 13 s."],
      [3_599, "It was away for 59 min."],
      [86_400, "It was away for 24 h 0 min."]
    ] as const) {
      assert.include(said(account("autos", [table(1)], seconds)), words)
    }
    const { awaySeconds: _, ...unknown } = account("autos", [table(1)])
    assert.notMatch(said({ ...unknown, awaySeconds: undefined }), /It was .*away/)
  })

  it("of a table where nothing is installed knows its rows, and of its mails nothing", () => {
    const text = said(account("autos", [table(5, {}, { outcomes: undefined })]))
    assert.match(text, /public\.inquiries +5 +- +- /)
    assert.include(text, "nothing is known of its mails")
  })

  it("is one mail however often it is sent, and escapes what it names", () => {
    const hostile = content(account("<b>&", [table(1)]))
    const sending = {
      ...hostile,
      to: ["a@example.com"],
      date: DateTime.makeUnsafe(now),
      identity: ["receipt", "2026-11-23"]
    }
    const [first, second] = [write(sending)("x@example.com"), write({ ...sending, subject: "other" })("x@example.com")]
    assert.strictEqual(first.messageId, second.messageId)
    assert.notStrictEqual(
      first.messageId,
      write({ ...sending, identity: ["receipt", "2026-11-24"] })("x@example.com").messageId
    )
    assert.include(first.html, "&lt;b&gt;&amp;")
    assert.notInclude(first.html, "<b>")
    assert.match(first.correlationId, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/)
  })
})
