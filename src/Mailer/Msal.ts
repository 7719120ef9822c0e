// Acquires one token from Microsoft's login through MSAL. MSAL forms the request and reads the answer and does nothing
// else: it keeps no token, retries nothing, logs nothing, and what an answer means is decided in refusal.ts.
import {
  AuthError,
  ConfidentialClientApplication,
  type Configuration,
  type INetworkModule,
  type NetworkRequestOptions
} from "@azure/msal-node"
import { Clock, Duration, Effect, Redacted, Ref } from "effect"
import type { Credential } from "../Credential.ts"
import { Blocked, MailerError, type MailerReason, Transient } from "../Mailer.ts"
import * as certificate from "./certificate.ts"
import * as Connections from "./Connections.ts"
import { refusal } from "./refusal.ts"
import type { AcquiredToken } from "./TokenCache.ts"

const requestTimeout = Duration.seconds(10)

export const acquire = Effect.fn("Msal.acquire")(function* (credential: Credential) {
  const auth = yield* authOptions(credential)
  const context = yield* Effect.context<Connections.Connections>()
  const refused = yield* Ref.make<MailerReason | undefined>(undefined)

  const post = Effect.fnUntraced(function* (url: string, options: NetworkRequestOptions | undefined) {
    const answer = yield* request(credential, url, options)
    if ("_tag" in answer) {
      yield* Ref.set(refused, answer)
      return yield* new MailerError({ reason: answer })
    }
    return answer
  })

  const result = yield* Effect.tryPromise({
    try: (signal) => {
      const networkClient: INetworkModule = {
        // With a known authority there is nothing to discover.
        sendGetRequestAsync: (url) => Promise.reject(new AuthError("unexpected_get", "", url)),
        sendPostRequestAsync: (url, options) => Effect.runPromiseWith(context)(post(url, options), { signal })
      }
      const silent = { loggerCallback: () => {}, piiLoggingEnabled: false }
      // A new one each time: its caches of tokens and of throttles last no longer than this call.
      const msal = new ConfidentialClientApplication({ auth, system: { networkClient, loggerOptions: silent } })
      return msal.acquireTokenByClientCredential({
        scopes: [`${credential.cloud.graph}/.default`],
        skipCache: true,
        azureRegion: "DisableMsalForceRegion"
      })
    },
    catch: (cause) => (cause instanceof AuthError ? cause.errorCode : "unknown")
  }).pipe(
    Effect.catch((code) =>
      Effect.flatMap(Ref.get(refused), (reason) => new MailerError({ reason: reason ?? unformed(code) }))
    )
  )
  if (!result?.accessToken || !result.expiresOn) {
    const detail = "MSAL found no token in the answer of the login service."
    return yield* new MailerError({ reason: new Transient({ detail, retryAfter: undefined }) })
  }
  const acquired: AcquiredToken = {
    token: Redacted.make(result.accessToken),
    expiresAt: result.expiresOn.getTime()
  }
  return acquired
})

/** The reply as MSAL wants it, or why there is none for it. */
const request = Effect.fnUntraced(function* (
  { cloud }: Credential,
  url: string,
  { body = "", headers = {} }: NetworkRequestOptions = {}
) {
  const { pathname, search } = new URL(url)
  // Always to the configured origin, whatever aliases MSAL knows; MSAL itself refuses the emulator's plain HTTP.
  const sent = {
    url: `${cloud.login}${pathname}${search}`,
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded;charset=utf-8" },
    body
  }
  const unreachable = (why: string) =>
    new Transient({ detail: `The login service cannot be reached: ${why}.`, retryAfter: undefined })
  const answer = yield* Connections.exchange(sent, requestTimeout).pipe(
    Effect.catch(({ code }) => Effect.succeed(unreachable(code)))
  )
  if ("_tag" in answer) return answer
  const now = yield* Clock.currentTimeMillis
  return (
    refusal(answer, now) ?? { status: answer.status, headers: { ...answer.headers }, body: JSON.parse(answer.body) }
  )
})

const authOptions = Effect.fnUntraced(function* ({ clientId, cloud, proof, tenantId }: Credential) {
  const login = cloud.emulated ? "https://login.microsoftonline.com" : cloud.login
  const authority = {
    clientId,
    authority: `${login}/${encodeURIComponent(tenantId)}`,
    knownAuthorities: [new URL(login).host]
  }
  const auth: Configuration["auth"] =
    proof._tag === "Secret"
      ? { ...authority, clientSecret: Redacted.value(proof.secret) }
      : { ...authority, clientCertificate: yield* certificate.read(proof.pem) }
  return auth
})

const unformed = (code: string) =>
  new Blocked({
    scope: "credential",
    detail: `No token request could be formed: ${/^\w{1,60}$/.test(code) ? code : "unknown"}.`,
    advice: "Correct TENANT_ID, CLIENT_ID, and CLIENT_SECRET or CLIENT_CERTIFICATE."
  })
