// What an answer of the login service means when it is not a token. Pure. The application's registration is at fault when
// the login says so in its own words; anything else passes by itself.
import { Option, Schema } from "effect"
import { Blocked, type MailerReason, Transient } from "../Mailer.ts"
import type { Answer } from "./Exchange.ts"
import { retryAfter } from "./retryAfter.ts"

/** Undefined for an answer that MSAL may read. */
export const refusal = (answer: Answer, now: number): MailerReason | undefined => {
  const transient = (what: string) =>
    new Transient({
      detail: `The login service answered ${answer.status} ${what}.`,
      retryAfter: retryAfter(answer.headers["retry-after"], now)
    })
  if (answer.status === 429 || answer.status >= 500) return transient("and asks to come back later")
  const body = Schema.decodeOption(Body)(answer.body)
  if (Option.isNone(body)) return transient("with something else than JSON")
  const { access_token, error, error_codes, error_description, expires_in } = body.value
  if (error === undefined) {
    const usable = answer.status === 200 && access_token && Number(expires_in) > 0
    return usable ? undefined : transient("without a token that says how long it is valid")
  }
  const name = /^[a-z_]{1,60}$/.test(error) ? error : "an unknown error"
  const number = error_codes?.[0] ?? Number(/AADSTS(\d{1,10})/.exec(error_description ?? "")?.[1] ?? 0)
  if (passing.has(error)) return transient(`${name}${number > 0 ? `, AADSTS${number}` : ""}`)
  return new Blocked({
    scope: "credential",
    detail: `The login service refused the application: ${name}${number > 0 ? `, AADSTS${number}` : ""}.`,
    advice: advice[number] ?? otherwise
  })
}

const Body = Schema.fromJsonString(
  Schema.Struct({
    access_token: Schema.optional(Schema.String),
    expires_in: Schema.optional(Schema.Union([Schema.Finite, Schema.String])),
    error: Schema.optional(Schema.String),
    error_codes: Schema.optional(Schema.Array(Schema.Int)),
    error_description: Schema.optional(Schema.String)
  })
)

const passing = new Set(["temporarily_unavailable", "server_error", "request_timeout", "slow_down"])

const unknownTenant = "No such tenant in this cloud: correct TENANT_ID, or GRAPH_CLOUD."
const wrongSecret =
  "Wrong client secret: put the secret's *value* (not its ID) into CLIENT_SECRET, or make a new one in Entra."
const certificate = "Upload this certificate to the application in Entra, or correct CLIENT_CERTIFICATE."
const permission =
  "Have an administrator consent to Mail.Send for the application, and see that it is enabled in Entra."

const otherwise = "Look the number up at https://login.microsoftonline.com/error and correct the application in Entra."

const advice: Readonly<Record<number, string>> = {
  7000215: wrongSecret,
  7000216: "Set CLIENT_SECRET or CLIENT_CERTIFICATE.",
  7000222: "The client secret has expired: make a new one in Entra and put its value into CLIENT_SECRET.",
  7000112: "The application is disabled: enable its sign-in in Entra.",
  700016: "No such application in this tenant: correct CLIENT_ID or TENANT_ID, or consent to the application there.",
  700024: "The certificate's assertion is out of time: set this machine's clock.",
  700027: certificate,
  700030: certificate,
  90002: unknownTenant,
  900023: unknownTenant,
  900021: unknownTenant,
  500011: permission,
  65001: permission,
  53003: "Conditional Access blocks the application: exempt it, or allow this machine's network."
}
