// Acquisition through MSAL against a login that answers from a function: what is asked, and what is made of the answer.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Redacted, Ref } from "effect"
import { TestClock } from "effect/testing"
import type { Credential } from "../../src/Credential.ts"
import { acquire, credential, denied, granted, reasonOf, secret } from "./fakeLogin.ts"
import { Lost } from "../../src/Mailer/Exchange.ts"
import type { Respond } from "./samples.ts"

describe("Msal", () => {
  const clouds: ReadonlyArray<Credential["cloud"]> = [
    credential.cloud,
    { login: "https://login.microsoftonline.us", graph: "https://graph.microsoft.us", emulated: false },
    { login: "https://login.microsoftonline.us", graph: "https://dod-graph.microsoft.us", emulated: false },
    {
      login: "https://login.partner.microsoftonline.cn",
      graph: "https://microsoftgraph.chinacloudapi.cn",
      emulated: false
    },
    { login: "http://127.0.0.1:4711", graph: "http://127.0.0.1:4711", emulated: true }
  ]
  for (const cloud of clouds) {
    it.effect(`asks ${cloud.login} for ${cloud.graph} with exactly one request`, () =>
      Effect.gen(function* () {
        const { asked, result } = yield* acquire(() => Effect.succeed(granted()), { ...credential, cloud })
        assert.strictEqual(result._tag, "Success")
        assert.lengthOf(asked, 1)
        assert.strictEqual(asked[0]?.url.split("?")[0], `${cloud.login}/${credential.tenantId}/oauth2/v2.0/token`)
        assert.strictEqual(asked[0]?.form.get("grant_type"), "client_credentials")
        assert.strictEqual(asked[0]?.form.get("client_id"), credential.clientId)
        assert.strictEqual(asked[0]?.form.get("client_secret"), secret)
        assert.include(asked[0]?.form.get("scope") ?? "", `${cloud.graph}/.default`)
      })
    )
  }

  it.live("returns the token and when it expires", () =>
    Effect.gen(function* () {
      const { result } = yield* acquire(() => Effect.succeed(granted("abc")))
      assert(result._tag === "Success")
      assert.strictEqual(Redacted.value(result.success.token), "abc")
      const left = result.success.expiresAt - performance.timeOrigin - performance.now()
      assert.approximately(left, 3_599_000, 5_000)
    })
  )

  it.effect("asks the login every time: MSAL's cache never answers", () =>
    Effect.gen(function* () {
      const count = yield* Ref.make(0)
      const respond = () =>
        Effect.map(
          Ref.updateAndGet(count, (n) => n + 1),
          (n) => granted(`t${n}`)
        )
      yield* acquire(respond)
      const { result } = yield* acquire(respond)
      assert(result._tag === "Success")
      assert.strictEqual(Redacted.value(result.success.token), "t2")
    })
  )

  it.effect("a throttled login is asked again by the next acquisition: MSAL's own pause never answers", () =>
    Effect.gen(function* () {
      const reason = yield* reasonOf(() => Effect.succeed(denied(429, "{}", { "retry-after": "20" })))
      assert.deepInclude(reason, { _tag: "Transient", retryAfter: Duration.seconds(20) })
      const { asked } = yield* acquire(() => Effect.succeed(granted()))
      assert.lengthOf(asked, 1)
    })
  )

  it.effect("a refused secret blocks the credential with the number and what to do", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({
        error: "invalid_client",
        error_description: "AADSTS7000215: x",
        error_codes: [7000215]
      })
      const reason = yield* reasonOf(() => Effect.succeed(denied(401, body)))
      assert.deepInclude(reason, { _tag: "Blocked", scope: "credential" })
      assert.include(reason.detail, "AADSTS7000215")
    })
  )

  it.effect("a login that cannot be reached, or answers no JSON, passes", () =>
    Effect.gen(function* () {
      const lost: Respond = () => Effect.fail(new Lost({ unsent: true, code: "ECONNREFUSED" }))
      const reason = yield* reasonOf(lost)
      assert.deepInclude(reason, { _tag: "Transient", detail: "The login service cannot be reached: ECONNREFUSED." })
      assert.strictEqual((yield* reasonOf(() => Effect.succeed(denied(200, "<html>"))))._tag, "Transient")
      assert.strictEqual((yield* reasonOf(() => Effect.succeed(denied(503, ""))))._tag, "Transient")
    })
  )

  it.effect("waits ten seconds for an answer and no longer", () =>
    Effect.gen(function* () {
      const waiting = yield* Effect.forkChild(reasonOf(() => Effect.never))
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "Transient")
    })
  )

  it.effect("interrupting the acquisition ends its request", () =>
    Effect.gen(function* () {
      const ended = yield* Ref.make(false)
      const waiting = yield* Effect.forkChild(
        acquire(() => Effect.onInterrupt(Effect.never, () => Ref.set(ended, true)))
      )
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 50)))
      yield* Fiber.interrupt(waiting)
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
      assert.isTrue(yield* Ref.get(ended))
    })
  )

  it.effect("a request that MSAL cannot form blocks the credential", () =>
    Effect.gen(function* () {
      const proof = { _tag: "Secret", secret: Redacted.make("") } as const
      const reason = yield* reasonOf(() => Effect.succeed(granted()), { ...credential, proof })
      assert.deepInclude(reason, { _tag: "Blocked", scope: "credential" })
      assert.match(reason.detail, /^No token request could be formed: \w+\.$/)
    })
  )

  it.effect("no failure shows the secret", () =>
    Effect.gen(function* () {
      const echo: Respond = ({ body }) =>
        Effect.succeed(denied(401, JSON.stringify({ error: "invalid_client", error_description: body })))
      for (const respond of [echo, () => Effect.succeed(denied(500, secret)), () => Effect.succeed(granted(""))]) {
        const { result } = yield* acquire(respond)
        assert(result._tag === "Failure")
        assert.notInclude(
          `${result.failure.stack} ${JSON.stringify(result.failure)} ${String(result.failure.cause)}`,
          secret
        )
      }
    })
  )
})
