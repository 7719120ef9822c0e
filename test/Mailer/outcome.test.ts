// Every status × code × header × body that Graph or what stands before it may answer, and what becomes of the mail.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import { outcome, quotaPause, throttlePause } from "../../src/Mailer/outcome.ts"
import { retryAfter } from "../../src/Mailer/retryAfter.ts"

const now = 1_772_600_767_000

const json = (code: string, inner: "innerError" | "innererror" = "innerError") =>
  JSON.stringify({ error: { code, message: "A secret sentence about jane@example.org", [inner]: { date: "x" } } })

const bodies: Readonly<Record<string, string>> = {
  nothing: "",
  html: "<html><body>Bad Gateway</body></html>",
  truncated: json("ErrorSomething").slice(0, 20),
  innererror: json("ErrorSomething", "innererror"),
  "another shape": JSON.stringify({ error: "flat" }),
  null: "null"
}

const classes: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
  ["Accepted", [202]],
  ["Unauthorized", [401]],
  ["Throttled", [429]],
  ["Transient", [408, 423, 503]],
  ["Blocked", [301, 302, 307, 308, 402, 403, 404, 407]],
  ["Rejected", [400, 405, 406, 409, 410, 411, 412, 413, 415, 422, 431]],
  ["Uncertain", [200, 201, 204, 500, 501, 502, 504, 505, 507, 509, 511, 599]]
]

describe("outcome", () => {
  for (const [expected, statuses] of classes) {
    for (const status of statuses) {
      it(`takes ${status} for ${expected}, whatever the body and with or without Retry-After`, () => {
        for (const body of Object.values(bodies)) {
          for (const headers of [{}, { "retry-after": "7" }, { "retry-after": "soon" }]) {
            assert.strictEqual(outcome({ status, headers, body }, now)._tag, expected)
          }
        }
      })
    }
  }

  it("takes a mailbox that does not exist or has no licence for the mailbox's fault, under any 4xx", () => {
    for (const code of [
      "ErrorInvalidUser",
      "MailboxNotEnabledForRESTAPI",
      "MailboxNotSupportedForRESTAPI",
      "ErrorMailboxInactive"
    ]) {
      for (const status of [400, 404]) {
        const result = outcome({ status, headers: {}, body: json(code) }, now)
        assert.strictEqual(result._tag, "Blocked")
        assert.propertyVal(result, "scope", "mailbox")
      }
    }
  })

  it("takes a used-up quota for a throttle of hours, whatever 4xx it comes with", () => {
    for (const code of ["ErrorExceededMessageLimit", "ErrorQuotaExceeded"]) {
      for (const status of [400, 403, 429]) {
        const result = outcome({ status, headers: { "retry-after": "10" }, body: json(code) }, now)
        assert.deepInclude(result, { _tag: "Throttled", retryAfter: quotaPause })
      }
    }
  })

  it("does not take a mail that is too large for a used-up quota", () => {
    for (const code of ["ErrorMessageSizeExceeded", "ErrorAttachmentSizeLimitExceeded"]) {
      assert.strictEqual(outcome({ status: 400, headers: {}, body: json(code) }, now)._tag, "Rejected")
    }
  })

  it("a code never makes a mail of which nobody knows into one that was surely not sent", () => {
    for (const code of ["ErrorInvalidUser", "ErrorQuotaExceeded", "TooManyRequests"]) {
      assert.strictEqual(outcome({ status: 504, headers: {}, body: json(code) }, now)._tag, "Uncertain")
    }
  })

  it("pauses for what Retry-After says, else for half a minute, and never for no time at all", () => {
    const pause = (headers: Record<string, string>) => outcome({ status: 429, headers, body: "" }, now)
    assert.deepInclude(pause({ "retry-after": "17" }), { retryAfter: Duration.seconds(17) })
    assert.deepInclude(pause({}), { retryAfter: throttlePause })
    assert.deepInclude(pause({ "retry-after": "0" }), { retryAfter: Duration.seconds(1) })
  })

  it("hands on Retry-After of a 503", () => {
    const answer = { status: 503, headers: { "retry-after": "120" }, body: "" }
    assert.deepInclude(outcome(answer, now), { retryAfter: Duration.minutes(2) })
  })

  it("names status, code and request-id, and not a word of Microsoft's sentence", () => {
    const headers = { "request-id": "0b7f7a36-7e4a-4f4e-8f6b-6e1b7e1e5f10" }
    const result = outcome({ status: 400, headers, body: json("ErrorInvalidRecipients") }, now)
    assert.propertyVal(
      result,
      "detail",
      "Microsoft Graph answered 400 ErrorInvalidRecipients (request-id 0b7f7a36-7e4a-4f4e-8f6b-6e1b7e1e5f10)"
    )
  })

  it("prints no code and no request-id that is not one word", () => {
    const headers = { "request-id": "a\u001b[31m b" }
    const result = outcome({ status: 400, headers, body: json("Look\nhere: jane@example.org") }, now)
    assert.propertyVal(result, "detail", "Microsoft Graph answered 400")
    assert.deepStrictEqual(outcome({ status: 202, headers, body: "" }, now), { _tag: "Accepted", requestId: undefined })
  })

  it.prop(
    "is total: any status, header and body has a class",
    [Schema.Int, Schema.String, Schema.String],
    ([status, header, body]) => {
      assert.isString(outcome({ status, headers: { "retry-after": header, "request-id": header }, body }, now)._tag)
    }
  )
})

describe("retryAfter", () => {
  const cases: ReadonlyArray<readonly [string | undefined, Duration.Duration | undefined]> = [
    [undefined, undefined],
    ["", undefined],
    ["5", Duration.seconds(5)],
    [" 5 ", Duration.seconds(5)],
    ["0", Duration.zero],
    ["1.5", Duration.millis(1500)],
    ["-5", undefined],
    ["1e9", undefined],
    ["99999999999999999999", Duration.days(1)],
    ["Wed, 04 Mar 2026 05:07:07 GMT", Duration.seconds(60)],
    ["Wed, 04 Mar 2026 05:00:00 GMT", Duration.zero],
    ["Wed, 04 Mar 2099 05:00:00 GMT", Duration.days(1)],
    ["tomorrow", undefined]
  ]
  for (const [header, expected] of cases) {
    it(`reads ${JSON.stringify(header)} as ${expected === undefined ? "nothing" : Duration.format(expected)}`, () => {
      assert.deepStrictEqual(retryAfter(header, 1_772_600_767_000), expected)
    })
  }
})
