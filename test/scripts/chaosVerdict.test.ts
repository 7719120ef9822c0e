// The judge of the chaos: what it calls lost, and which second mails it forgives.
import { assert, describe, it } from "@effect/vitest"
import type { Firing } from "../../scripts/chaos/Fault.ts"
import { tokensIn } from "../../scripts/chaos/Forms.ts"
import { type Evidence, judge } from "../../scripts/chaos/verdict.ts"
import type { FaultKind } from "../../scripts/stage/GraphFaults.ts"

const door = "http://127.0.0.1:1"

const send = (at: number, fault?: FaultKind) => ({
  ...{ door, mailbox: "noreply@example.com", clientRequestId: "n1", at, fault, accepted: true, until: at + 80 }
})

const arrival = (at: number, marked = at > 1_000) => ({ token: "t1", notice: "n1", at, marked })

const firing = (fault: string, from: number, to: number): Firing => ({
  ...{ fault, from, to, databases: ["autos"], doors: [door], hit: true },
  ...{ noticedMillis: undefined, healedMillis: undefined }
})

/** One row, mailed at 1,000, and again at 20,000. */
const twice = (changes: Partial<Evidence> = {}): Evidence => ({
  reconcile: "resend",
  committed: new Map([["t1", { database: "autos", at: 900 }]]),
  acknowledged: ["t1"],
  parked: new Set(),
  arrivals: [arrival(1_000), arrival(20_000)],
  sends: [send(1_000), send(20_000)],
  firings: [],
  said: new Map(),
  unwritten: new Set(),
  ...changes
})

const once: Partial<Evidence> = { arrivals: [arrival(1_000)], sends: [send(1_000)] }

const failures = (changes: Partial<Evidence>) => judge(twice(changes)).failures.join("\n")

describe("the judge of the chaos", () => {
  it("is content with a row that arrived once", () => {
    assert.strictEqual(failures(once), "")
  })

  it("calls a row lost that is in a table and in no mail, parked or not", () => {
    const nothing = { arrivals: [], sends: [], parked: new Set(["t1"]) }
    assert.match(failures(nothing), /1 rows were lost: t1/)
  })

  it("notices a row that the server called committed and does not have", () => {
    assert.match(failures({ ...once, acknowledged: ["t1", "t2"] }), /in no table: t2/)
  })

  it("notices a mail of a row that was never committed", () => {
    assert.match(failures({ ...once, committed: new Map() }), /of rows that are in no table: t1/)
  })

  it("forgives no second mail that nothing explains", () => {
    assert.match(failures({}), /twice without a right to: t1/)
    assert.match(failures({ sends: [send(1_000, { status: 503 }), send(20_000)] }), /twice/)
  })

  it("forgives a second mail after an answer that was lost, if the mail says so", () => {
    for (const fault of ["accept-then-504", "reset-after-accept", "hang-after-accept"] as const) {
      const sends = [send(1_000, fault), send(20_000)]
      assert.strictEqual(failures({ sends }), "")
      assert.match(failures({ sends, arrivals: [arrival(1_000), arrival(20_000, false)] }), /do not say/)
    }
  })

  it("forgives it where the worker was killed or frozen in the middle, and not where that was before or long after", () => {
    const struck = (from: number, to: number) => failures({ firings: [firing("a worker killed (SIGKILL)", from, to)] })
    assert.strictEqual(struck(1_040, 2_000), "")
    assert.match(struck(100, 900), /twice/)
    assert.match(struck(8_000, 9_000), /twice/)
    assert.match(failures({ firings: [firing("a worker deployed (SIGTERM)", 1_040, 2_000)] }), /twice/)
  })

  it("forgives it where the worker was killed while the database was away and could not take the outcome", () => {
    const killed = firing("a worker killed (SIGKILL)", 8_000, 9_000)
    const outage = (name: string) => ({
      ...firing("read-only", 1_010, 6_000),
      doors: [],
      databases: [name],
      healedMillis: 3_000
    })
    assert.strictEqual(failures({ firings: [outage("autos"), killed] }), "")
    assert.match(failures({ firings: [outage("freight"), killed] }), /twice/)
    assert.match(failures({ firings: [{ ...outage("autos"), to: 1_500, healedMillis: 0 }, killed] }), /twice/)
  })

  it("forgives it where the worker named the outcome as not written when it had to end", () => {
    assert.strictEqual(failures({ unwritten: new Set(["n1"]) }), "")
  })

  it("forgives nothing once a worker has said that the mail is settled", () => {
    const sends = [send(1_000, "accept-then-504"), send(20_000)]
    assert.match(failures({ sends, said: new Map([["n1", 1_100]]) }), /twice/)
  })

  it("forgives nothing where the mailbox is searched, nor one row under two notices", () => {
    const sends = [send(1_000, "accept-then-504"), send(20_000)]
    assert.match(failures({ sends, reconcile: "mailbox" }), /twice/)
    const other = { ...arrival(20_000), notice: "n2" }
    assert.match(failures({ sends, arrivals: [arrival(1_000), other] }), /twice/)
  })

  it("forgives a digest that came again for a reason, and not one with other rows", () => {
    const digest = (at: number, ...tokens: ReadonlyArray<string>) => tokens.map((token) => ({ ...arrival(at), token }))
    const committed = new Map(["t1", "t2", "t3"].map((token) => [token, { database: "autos", at: 900 }]))
    const sends = [send(1_000, "accept-then-504"), send(20_000)]
    const again = (...tokens: ReadonlyArray<string>) =>
      failures({ committed, sends, arrivals: [...digest(1_000, "t1", "t2", "t3"), ...digest(20_000, ...tokens)] })
    assert.strictEqual(again("t1", "t2", "t3"), "")
    assert.match(again("t1", "t3"), /1 digests came again with other rows: n1/)
  })

  it("finds the rows of a digest in its text, and that of any other mail where its answers go", () => {
    const text = "#1:\r\n  Email: chaos0000001@example.com\r\n  Email: chaos0000002@example.com"
    const part = (type: string, encoding: string, text: string) =>
      `--x\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${text}\r\n`
    const html = part("text/html", "7bit", "<b>chaos0000001@example.com</b>")
    const rows = ["chaos0000001", "chaos0000002"]
    const encoded = part("text/plain", "base64", Buffer.from(text).toString("base64"))
    assert.deepStrictEqual(tokensIn(`Subject: 2\r\n\r\n${encoded}${html}--x--`), rows)
    assert.deepStrictEqual(tokensIn(`Subject: 2\r\n\r\n${part("text/plain", "7bit", text)}${html}--x--`), rows)
    assert.deepStrictEqual(tokensIn("Reply-To: chaos0000003@example.com\r\n"), ["chaos0000003"])
  })
})
