// A login service that answers from a function, and an acquisition against it.
import { assert } from "@effect/vitest"
import { Effect, Redacted, Ref } from "effect"
import type { Credential } from "../../src/Credential.ts"
import * as Msal from "../../src/Mailer/Msal.ts"
import { connections, type Respond } from "./samples.ts"

export const secret = "canary-of-a-client-secret"

export const credential: Credential = {
  cloud: { login: "https://login.microsoftonline.com", graph: "https://graph.microsoft.com", emulated: false },
  tenantId: "0f3c6a52-54a1-4a8e-9d7a-0c1b8d3f1e11",
  clientId: "8a1b0d5e-1111-4222-8333-944455556666",
  proof: { _tag: "Secret", secret: Redacted.make(secret) }
}

export const granted = (token = "t1") =>
  new Response(JSON.stringify({ token_type: "Bearer", expires_in: 3599, access_token: token }), {
    headers: { "content-type": "application/json" }
  })

export const denied = (status: number, body: string, headers: Record<string, string> = {}) =>
  new Response(body, { status, headers })

/** Acquires against `respond`; returns the outcome and the requests that were made. */
export const acquire = Effect.fnUntraced(function* (respond: Respond, who: Credential = credential) {
  const asked = yield* Ref.make<ReadonlyArray<{ url: string; form: URLSearchParams }>>([])
  const result = yield* Msal.acquire(who).pipe(
    Effect.result,
    Effect.provide(
      connections((request) =>
        Ref.update(asked, (all) => [...all, { url: request.url, form: new URLSearchParams(request.body) }]).pipe(
          Effect.andThen(respond(request))
        )
      )
    )
  )
  return { result, asked: yield* Ref.get(asked) }
})

export const reasonOf = (respond: Respond, who?: Credential) =>
  Effect.map(acquire(respond, who), ({ result }) => {
    assert(result._tag === "Failure")
    return result.failure.reason
  })
