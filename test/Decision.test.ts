import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import { backoff, decide, decideMissing, decideUnsearched, lookDelays, patience } from "../src/Decision.ts"
import { Blocked, type MailerReason, Rejected, Throttled, Transient, Uncertain } from "../src/Mailer.ts"
import { notice } from "./support/fakes.ts"

const transient = new Transient({ detail: "503.", retryAfter: undefined })
const minutes = (n: number) => Duration.minutes(n)

describe("backoff", () => {
  const attempts = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 }))
  const random = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

  it.prop("grows from 15 s to an hour, a fifth more or less", [attempts, random], ([attempts, random]) => {
    const millis = Duration.toMillis(backoff(attempts, random))
    const middle = Math.min(15_000 * 2 ** attempts, 3_600_000)
    assert.isAtLeast(millis, middle * 0.8 - 1e-6)
    assert.isAtMost(millis, middle * 1.2 + 1e-6)
  })
})

describe("decide", () => {
  const cases: ReadonlyArray<readonly [name: string, reason: MailerReason, expected: object]> = [
    [
      "a transient failure is tried again after the backoff",
      transient,
      { delay: Duration.seconds(15), spent: true, maybeSent: false }
    ],
    [
      "Retry-After replaces the backoff",
      new Transient({ detail: "", retryAfter: minutes(7) }),
      { delay: minutes(7), spent: true }
    ],
    ["an uncertain one may have been sent", new Uncertain({ detail: "" }), { spent: true, maybeSent: true }],
    [
      "a throttle spends no attempt",
      new Throttled({ detail: "", retryAfter: minutes(1) }),
      { delay: undefined, spent: false }
    ],
    [
      "a blocked mailbox spends no attempt",
      new Blocked({ scope: "mailbox", detail: "", advice: "" }),
      { delay: undefined, spent: false }
    ],
    ["a permanent failure parks the notice", new Rejected({ detail: "no" }), { outcome: "parked", detail: "no" }]
  ]
  for (const [name, reason, expected] of cases) {
    it(name, () => assert.deepInclude(decide(notice("1"), reason, 0.5, "resend"), expected))
  }

  it("parks a notice after 72 hours of attempts, and not before", () => {
    const waited = Duration.subtract(patience, minutes(30))
    const late = notice("1", { attempts: 80, waited })
    assert.include(decide(late, transient, 0.5, "resend"), { outcome: "parked" })
    const sooner = notice("1", { attempts: 80, waited: Duration.subtract(waited, minutes(31)) })
    assert.notInclude(decide(sooner, transient, 0.5, "resend"), { outcome: "parked" })
  })

  it("never parks for a throttle or a block, however long they last", () => {
    const old = notice("1", { attempts: 500, waited: Duration.days(30) })
    assert.notProperty(decide(old, new Throttled({ detail: "", retryAfter: minutes(1) }), 0, "resend"), "outcome")
    assert.notProperty(
      decide(old, new Blocked({ scope: "credential", detail: "", advice: "" }), 0, "resend"),
      "outcome"
    )
  })
})

describe("decide, when nobody knows whether the mail was accepted", () => {
  const uncertain = new Uncertain({ detail: "504" })
  const late = notice("1", { waited: Duration.subtract(patience, Duration.seconds(10)) })

  it("sends it again after the backoff, looks for it after 30 s, or parks it", () => {
    assert.deepInclude(decide(notice("1"), uncertain, 0.5, "resend"), { delay: Duration.seconds(15), maybeSent: true })
    assert.notProperty(decide(notice("1"), uncertain, 0.5, "resend"), "looks")
    assert.deepInclude(decide(notice("1", { looks: 2 }), uncertain, 0.5, "mailbox"), {
      ...{ delay: Duration.seconds(30), maybeSent: true, spent: true },
      looks: 0
    })
    assert.deepInclude(decide(notice("1"), uncertain, 0.5, "park"), {
      outcome: "parked",
      detail: "uncertain, may have been sent: 504"
    })
  })

  it("remembers the doubt of what it parks, and none where the mail was surely not sent", () => {
    assert.propertyVal(decide(notice("1"), uncertain, 0.5, "park"), "maybeSent", true)
    assert.propertyVal(decide(late, uncertain, 0.5, "resend"), "maybeSent", true)
    assert.notProperty(decide(late, transient, 0.5, "resend"), "maybeSent")
  })

  it("gives up after 72 hours, as after any other failure", () => {
    for (const mode of ["resend", "mailbox"] as const) {
      assert.include(decide(late, uncertain, 0.5, mode), { outcome: "parked" })
    }
    assert.include(decideMissing(late), { outcome: "parked" })
    assert.include(decideUnsearched(late, transient), { outcome: "parked" })
  })
})

describe("decideMissing", () => {
  it("looks three times, 30 s, 2 min and 5 min after the send, and only then lets it be sent again", () => {
    const times = [Duration.toSeconds(lookDelays[0])]
    for (let looks = 0; ; looks++) {
      const decision = decideMissing(notice("1", { looks, maybeSent: true }))
      if (decision === undefined) break
      assert.deepInclude(decision, { spent: false, looks: looks + 1 })
      times.push(times.at(-1)! + ("delay" in decision ? Duration.toSeconds(decision.delay!) : NaN))
    }
    assert.deepStrictEqual(times, [30, 120, 300])
  })
})

describe("decideUnsearched", () => {
  const looked = notice("1", { looks: 1, maybeSent: true })

  it("waits, as the failure asks, counts no look, and never sends", () => {
    assert.deepInclude(decideUnsearched(looked, transient), { delay: minutes(1), spent: false, looks: 1 })
    const asked = new Transient({ detail: "", retryAfter: minutes(7) })
    assert.deepInclude(decideUnsearched(looked, asked), { delay: minutes(7), looks: 1 })
    const throttle = new Throttled({ detail: "", retryAfter: minutes(2) })
    assert.deepInclude(decideUnsearched(looked, throttle), { delay: minutes(2), spent: false })
  })

  it("waits for a missing right however long it takes", () => {
    const old = notice("1", { looks: 1, maybeSent: true, waited: Duration.days(30) })
    const reason = new Blocked({ scope: "mailbox", detail: "403", advice: "grant it" })
    assert.deepInclude(decideUnsearched(old, reason), { delay: minutes(5), spent: false, maybeSent: false })
  })
})

describe("decide, of a digest", () => {
  const refused = new Rejected({ detail: "Microsoft Graph answered 400." })
  const digest = (maybeSent: boolean) => notice("", { digest: true, maybeSent })

  it("splits one that was refused and surely never sent, because one row may be the cause", () => {
    const decision = decide(digest(false), refused, 0.5, "resend")
    assert.deepInclude(decision, { split: true, delay: undefined })
    assert.notProperty(decision, "outcome")
  })

  it("parks one that was refused and may have been sent before, because its Message-ID must stay", () => {
    assert.deepInclude(decide(digest(true), refused, 0.5, "resend"), { outcome: "parked" })
  })
})
