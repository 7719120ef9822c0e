// Until when the client secret is good, where somebody has said it; and whether alerts by mail have a way of their own.
// Nothing is asked of Microsoft, which tells it to nobody who only sends.
import { DateTime, Effect } from "effect"
import type { Database } from "../Database.ts"
import * as Expiry from "../Expiry.ts"
import { advise, finding, type Hop, ok, set, unasked } from "./Hop.ts"
import { setTo, type Subject } from "./Setting.ts"

export const hops = Effect.fnUntraced(function* (subject: Subject) {
  const { credential } = subject.database
  const ending = Expiry.ending(credential, yield* DateTime.now)
  if (ending === undefined) return []
  if (ending.step === undefined) {
    return [unasked("client secret", ok(`is good until ${ending.day}, ${ending.days} days from now`))]
  }
  const outcome = ending.step === 0 ? "broken" : "warning"
  const said = ending.step === 0 ? `ended on ${ending.day}` : `ends on ${ending.day}, ${ending.days} days from now`
  return [
    unasked(
      "client secret",
      finding(
        outcome,
        said,
        advise("make a new secret in Entra, and restart the worker with both settings"),
        setTo(subject, ["mail", "clientSecret"], "<the new secret's value>"),
        setTo(subject, ["mail", "clientSecretExpires"], "<the day on which it ends, YYYY-MM-DD>")
      )
    )
  ]
})

/** Of all databases together: a credential cannot tell by mail that it is refused itself. */
export const alerts = (
  databases: ReadonlyArray<Database>,
  to: ReadonlyArray<string>,
  webhook: boolean
): ReadonlyArray<Hop> => {
  if (to.length === 0) return []
  const applications = new Set(databases.map(({ credential }) => `${credential.tenantId} ${credential.clientId}`))
  if (applications.size > 1) return [unasked("alerts by mail", ok(`to ${to.join(", ")}, through another application`))]
  const detail = "there is one application only: if Microsoft refuses it, no mail can tell of that"
  return [
    unasked(
      "alerts by mail",
      webhook
        ? ok(`to ${to.join(", ")}; ${detail}, and ALERT_WEBHOOK_URL does`)
        : finding("warning", detail, set("ALERT_WEBHOOK_URL=https://hooks.example.com/…"))
    )
  ]
}
