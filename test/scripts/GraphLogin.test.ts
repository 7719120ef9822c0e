// The stand-in's login service, over real HTTP.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { createSign, generateKeyPairSync } from "node:crypto"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import { askToken, base64, call, getToken, graphRefusal, loginRefusal, mime, sendMail } from "../support/graphCaller.ts"

const credentials = [
  { tenantId: "tenant-a", clientId: "app-1", clientSecret: "right" },
  { tenantId: "tenant-a", clientId: "app-old", clientSecret: "right", secretExpired: true }
]

const keys = () =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" }
  })

const assertion = (privateKey: string, claims: object = {}) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
  const aud = "https://login.example.com/tenant-a/oauth2/v2.0/token"
  const signedPart = `${part({ alg: "RS256", typ: "JWT" })}.${part({ aud, iss: "app-1", sub: "app-1", exp: 600, ...claims })}`
  return `${signedPart}.${createSign("sha256").update(signedPart).sign(privateKey, "base64url")}`
}

const proof = (client_assertion: string) => ({
  client_secret: "absent",
  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  client_assertion
})

describe("login", () => {
  it.effect("gives a token to anybody if it knows no credentials", () =>
    Effect.gen(function* () {
      const { origin, requests } = yield* GraphStandIn.start()
      const reply = yield* askToken(origin, { client_id: "whoever", client_secret: "whatever" })
      assert.strictEqual(reply.status, 200)
      const { access_token, ...rest } = JSON.parse(reply.body)
      assert.deepStrictEqual(rest, { token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599 })
      assert.notStrictEqual(yield* getToken(origin), access_token)
      assert.deepStrictEqual(requests, { token: 2, sendMail: 0, messages: 0, byStatus: { 200: 2 } })
    })
  )

  it.effect("names with Microsoft's numbers what is wrong", () =>
    Effect.gen(function* () {
      const { origin } = yield* GraphStandIn.start({ credentials })
      const refusal = (fields: Record<string, string>, tenant?: string) =>
        Effect.flatMap(askToken(origin, fields, tenant), loginRefusal)
      assert.strictEqual((yield* askToken(origin)).status, 200)
      assert.strictEqual(yield* refusal({ client_secret: "wrong" }), "401 invalid_client 7000215")
      assert.strictEqual(yield* refusal({ client_id: "app-2" }), "400 unauthorized_client 700016")
      assert.strictEqual(yield* refusal({}, "tenant-b"), "400 invalid_request 90002")
      assert.strictEqual(yield* refusal({ client_id: "app-old" }), "401 invalid_client 7000222")
      assert.strictEqual(yield* refusal({ client_secret: "absent" }), "401 invalid_client 7000216")
      assert.strictEqual(yield* refusal({ grant_type: "password" }), "400 unsupported_grant_type 70003")
      assert.strictEqual(yield* refusal({ client_id: "absent" }), "400 invalid_request 900144")
      const scope = "https://graph.microsoft.com/.default"
      assert.strictEqual(yield* refusal({ scope }), "400 invalid_scope 1002012")
    })
  )

  it.effect("takes an assertion signed with the registered key, and no other", () =>
    Effect.gen(function* () {
      const { privateKey, publicKey } = keys()
      const known = [{ tenantId: "tenant-a", clientId: "app-1", certificate: publicKey }]
      const { origin } = yield* GraphStandIn.start({ credentials: known })
      const refusal = (text: string) => Effect.flatMap(askToken(origin, proof(text)), loginRefusal)
      assert.strictEqual((yield* askToken(origin, proof(assertion(privateKey)))).status, 200)
      assert.strictEqual(yield* refusal(assertion(keys().privateKey)), "401 invalid_client 700027")
      assert.strictEqual(yield* refusal(assertion(privateKey, { exp: 0 })), "401 invalid_client 700024")
      assert.strictEqual(yield* refusal(assertion(privateKey, { sub: "app-2" })), "401 invalid_client 700021")
      assert.strictEqual(yield* refusal(assertion(privateKey, { aud: "other" })), "401 invalid_client 700023")
      assert.strictEqual(yield* refusal("not.a.token"), "401 invalid_client 50027")
      assert.strictEqual(yield* Effect.flatMap(askToken(origin), loginRefusal), "401 invalid_client 7000215")
    })
  )

  it.effect("accepts a bearer until it expires or is revoked, and none that it did not issue", () =>
    Effect.gen(function* () {
      const standIn = yield* GraphStandIn.start()
      const send = (token: string) => sendMail(standIn.origin, token, base64(mime()))
      const first = yield* getToken(standIn.origin)
      assert.strictEqual((yield* send(first)).status, 202)
      yield* TestClock.adjust("3598 seconds")
      assert.strictEqual((yield* send(first)).status, 202)
      yield* TestClock.adjust("1 second")
      const expired = yield* send(first)
      assert.include(expired.body, "expired")
      assert.strictEqual(yield* graphRefusal(expired), "401 InvalidAuthenticationToken")
      assert.match(String(expired.headers["www-authenticate"]), /^Bearer realm="", authorization_uri=/)
      const second = yield* getToken(standIn.origin)
      assert.strictEqual((yield* send(second)).status, 202)
      standIn.revokeTokens()
      assert.strictEqual(yield* graphRefusal(yield* send(second)), "401 InvalidAuthenticationToken")
      assert.strictEqual((yield* send(yield* getToken(standIn.origin))).status, 202)
      assert.strictEqual(yield* graphRefusal(yield* send("made-up")), "401 InvalidAuthenticationToken")
      const empty = yield* call(`${standIn.origin}/v1.0/users/a@example.com/sendMail`)
      assert.strictEqual(yield* graphRefusal(empty), "401 InvalidAuthenticationToken")
    })
  )

  it.effect("fails on demand in the login service's own shape", () =>
    Effect.gen(function* () {
      const { faults, origin } = yield* GraphStandIn.start()
      faults.push({ at: "token", kind: { status: 503, headers: { "retry-after": "7" } } })
      faults.push({ at: "token", kind: { status: 502, body: "<html>Bad gateway</html>" } })
      faults.push({ at: "token", kind: "reset-before-read" })
      const busy = yield* askToken(origin)
      assert.strictEqual(yield* loginRefusal(busy), "503 temporarily_unavailable 90033")
      assert.strictEqual(busy.headers["retry-after"], "7")
      assert.strictEqual((yield* askToken(origin)).body, "<html>Bad gateway</html>")
      assert.strictEqual(yield* Effect.flip(askToken(origin)), "ECONNRESET")
      assert.strictEqual((yield* askToken(origin)).status, 200)
    })
  )
})
