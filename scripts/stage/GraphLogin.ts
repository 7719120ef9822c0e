// The stand-in's login service: who gets a token (client secret, or an assertion signed with a certificate's key), how
// it refuses the others, and which bearers are good.
import { Option, Schema } from "effect"
import { createPublicKey, createVerify, constants, randomBytes } from "node:crypto"
import { type Answer, type Ask, graphError, jsonAnswer, loginError } from "./GraphAnswer.ts"

/** An application that may sign in. Without a secret and a certificate it may not. */
export interface KnownCredential {
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret?: string
  readonly secretExpired?: boolean
  /** PEM text. */
  readonly certificate?: string
}

export interface LoginOptions {
  /** Without it any application may sign in, with any secret or well-formed assertion. */
  readonly credentials?: ReadonlyArray<KnownCredential>
  readonly tokenSeconds?: number
}

export interface Login {
  readonly token: (ask: Ask, tenant: string, body: string) => Answer
  /** The application that the bearer stands for, or the 401. */
  readonly authorize: (ask: Ask) => string | Answer
  readonly revokeTokens: () => void
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const decodePart = <S extends Schema.Top & { readonly DecodingServices: never }>(part: S) => {
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(part))
  return (text: string | undefined) => decode(Buffer.from(text ?? "", "base64url").toString("utf8"))
}
const jwtHeader = decodePart(Schema.Struct({ alg: Schema.Literals(["RS256", "PS256"]) }))
const jwtClaims = decodePart(
  Schema.Struct({ aud: Schema.String, iss: Schema.String, sub: Schema.String, exp: Schema.Finite })
)

const signed = (assertion: string, alg: "RS256" | "PS256", certificate: string): boolean => {
  const [head, claims, signature] = assertion.split(".")
  const padding = alg === "PS256" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  return createVerify("sha256")
    .update(`${head}.${claims}`)
    .verify({ key: createPublicKey(certificate), padding }, signature ?? "", "base64url")
}

export const makeLogin = (options: LoginOptions): Login => {
  const seconds = options.tokenSeconds ?? 3599
  const issued = new Map<string, { readonly app: string; readonly expiresAt: number }>()
  const revoked = new Set<string>()

  const refuseProof = (ask: Ask, form: URLSearchParams, app: KnownCredential | undefined): Answer | undefined => {
    const refuse = (number: number, message: string) => loginError(ask, 401, "invalid_client", number, message)
    const secret = form.get("client_secret")
    const assertion = form.get("client_assertion")
    if (secret !== null) {
      if (secret === "") return refuse(7000215, "Invalid client secret provided.")
      if (app === undefined) return undefined
      if (app.clientSecret !== secret) {
        return refuse(7000215, "Invalid client secret provided.")
      }
      return app.secretExpired === true ? refuse(7000222, "The provided client secret keys are expired.") : undefined
    }
    if (assertion === null) {
      return refuse(7000216, "'client_assertion' or 'client_secret' is required for 'client_credentials'.")
    }
    const [head, claims] = assertion.split(".")
    const header = Option.getOrUndefined(jwtHeader(head))
    const said = Option.getOrUndefined(jwtClaims(claims))
    const client = form.get("client_id")
    if (header === undefined || said === undefined || form.get("client_assertion_type") !== assertionType) {
      return refuse(50027, "JWT token is invalid or malformed.")
    }
    if (said.iss !== client || said.sub !== client)
      return refuse(700021, "Client assertion is for another application.")
    if (!said.aud.endsWith("/oauth2/v2.0/token"))
      return refuse(700023, "Client assertion audience claim does not match.")
    if (said.exp * 1000 <= ask.now) return refuse(700024, "Client assertion is not within its valid time range.")
    if (app === undefined) return undefined
    return app.certificate !== undefined && signed(assertion, header.alg, app.certificate)
      ? undefined
      : refuse(700027, "The certificate used to sign the client assertion is not registered on the application.")
  }

  const refuse = (ask: Ask, tenant: string, form: URLSearchParams): Answer | undefined => {
    if (form.get("grant_type") !== "client_credentials") {
      return loginError(ask, 400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    }
    const client = form.get("client_id") ?? ""
    if (client === "") return loginError(ask, 400, "invalid_request", 900144, "The body must contain 'client_id'.")
    const here = options.credentials?.filter((app) => app.tenantId === tenant)
    if (here?.length === 0) return loginError(ask, 400, "invalid_request", 90002, `Tenant '${tenant}' not found.`)
    const app = here?.find((app) => app.clientId === client)
    if (here !== undefined && app === undefined) {
      const message = `Application with identifier '${client}' was not found in the directory '${tenant}'.`
      return loginError(ask, 400, "unauthorized_client", 700016, message)
    }
    if (form.get("scope") !== `${ask.origin}/.default`) {
      const message = `The provided value for scope ${form.get("scope")} is not valid.`
      return loginError(ask, 400, "invalid_scope", 1002012, message)
    }
    return refuseProof(ask, form, app)
  }

  const unauthorized = (ask: Ask, message: string): Answer =>
    graphError(ask, 401, "InvalidAuthenticationToken", message, {
      "www-authenticate": `Bearer realm="", authorization_uri="${ask.origin}/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`
    })

  return {
    token: (ask, tenant, body) => {
      const form = new URLSearchParams(body)
      const refusal = refuse(ask, tenant, form)
      if (refusal !== undefined) return refusal
      const token = randomBytes(48).toString("base64url")
      issued.set(token, { app: `${tenant}/${form.get("client_id")}`, expiresAt: ask.now + seconds * 1000 })
      return jsonAnswer(
        200,
        { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: token },
        { "cache-control": "no-store, no-cache" }
      )
    },
    authorize: (ask) => {
      const token = /^Bearer (.+)$/i.exec(ask.headers.authorization ?? "")?.[1]
      if (token === undefined) return unauthorized(ask, "Access token is empty.")
      if (revoked.has(token)) return unauthorized(ask, "Continuous access evaluation: the token was revoked.")
      const bearer = issued.get(token)
      if (bearer === undefined) return unauthorized(ask, "Access token validation failure.")
      if (bearer.expiresAt <= ask.now) return unauthorized(ask, "Lifetime validation failed, the token is expired.")
      return bearer.app
    },
    revokeTokens: () => {
      for (const token of issued.keys()) revoked.add(token)
    }
  }
}
