// What the login service may answer, and whether somebody has to do something about it.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import { refusal } from "../../src/Mailer/refusal.ts"

const error = (name: string, number: number) =>
  JSON.stringify({
    error: name,
    error_description: `AADSTS${number}: Something about tenant 5f1c and a secret hint. Trace ID: 1`,
    error_codes: [number],
    trace_id: "1"
  })

const read = (status: number, body: string, headers: Record<string, string> = {}) =>
  refusal({ status, headers, body }, 0)

describe("refusal", () => {
  const refused: ReadonlyArray<readonly [number, string, number, RegExp]> = [
    [401, "invalid_client", 7000215, /\*value\*/],
    [401, "invalid_client", 7000222, /expired/],
    [400, "unauthorized_client", 700016, /CLIENT_ID/],
    [400, "invalid_request", 90002, /TENANT_ID/],
    [401, "invalid_client", 700027, /certificate/],
    [401, "invalid_client", 7000112, /disabled/],
    [400, "invalid_grant", 53003, /Conditional Access/],
    [400, "invalid_something", 1234567, /login\.microsoftonline\.com\/error/]
  ]
  for (const [status, name, number, advice] of refused) {
    it(`takes ${name} with ${number} for a fault of the registration, and says what to do`, () => {
      const reason = read(status, error(name, number))
      assert.deepInclude(reason, {
        _tag: "Blocked",
        scope: "credential",
        detail: `The login service refused the application: ${name}, AADSTS${number}.`
      })
      assert.match(reason?._tag === "Blocked" ? reason.advice : "", advice)
    })
  }

  it("finds the number where there is no sentence", () => {
    const body = JSON.stringify({ error: "invalid_client", error_codes: [7000222] })
    assert.match(read(401, body)?.detail ?? "", /AADSTS7000222/)
  })

  it("finds the number in the sentence where there is no list of numbers", () => {
    const body = JSON.stringify({ error: "invalid_client", error_description: "AADSTS7000222: expired" })
    assert.match(read(401, body)?.detail ?? "", /AADSTS7000222/)
  })

  it("says so without a number where there is none", () => {
    assert.strictEqual(
      read(400, JSON.stringify({ error: "invalid_scope" }))?.detail,
      "The login service refused the application: invalid_scope."
    )
  })

  const passing: ReadonlyArray<readonly [string, number, string]> = [
    ["too many requests", 429, error("invalid_client", 7000215)],
    ["a server error", 500, error("invalid_client", 7000215)],
    ["a gateway's page", 502, "<html></html>"],
    ["a page under 200", 200, "<html>sign in to the hotel's network</html>"],
    ["a page under 403", 403, "<html>blocked by a proxy</html>"],
    ["a redirect", 302, ""],
    ["nothing", 400, ""],
    ["a truncated body", 400, error("invalid_client", 7000215).slice(0, 30)],
    ["JSON without an error", 400, "{}"],
    ["JSON without a token", 200, "{}"],
    ["an empty token", 200, JSON.stringify({ access_token: "", expires_in: 3599 })],
    ["a token without an expiry", 200, JSON.stringify({ access_token: "t" })],
    ["a token that has expired already", 200, JSON.stringify({ access_token: "t", expires_in: 0 })],
    ["an error that passes", 400, error("temporarily_unavailable", 90033)]
  ]
  for (const [what, status, body] of passing) {
    it(`takes ${what} for something that passes`, () => {
      assert.strictEqual(read(status, body)?._tag, "Transient")
    })
  }

  it("hands on Retry-After", () => {
    assert.deepInclude(read(429, "", { "retry-after": "33" }), { retryAfter: Duration.seconds(33) })
    assert.deepInclude(read(503, "", { "retry-after": "34" }), { retryAfter: Duration.seconds(34) })
  })

  it("leaves a token to MSAL", () => {
    assert.isUndefined(read(200, JSON.stringify({ access_token: "t", expires_in: 3599, token_type: "Bearer" })))
    assert.isUndefined(read(200, JSON.stringify({ access_token: "t", expires_in: "3599" })))
  })

  it.prop("never repeats what the login service wrote", [Schema.String, Schema.String], ([name, description]) => {
    const canary = "c4n4ry!"
    const body = JSON.stringify({ error: `${name}${canary}`, error_description: `${description}${canary}` })
    assert.notInclude(JSON.stringify(read(400, body)), canary)
  })
})
