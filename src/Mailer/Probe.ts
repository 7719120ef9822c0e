// Asks Graph what this application may do with a mailbox, without sending anything, and reads back what was sent.
import { Clock, Duration, Effect, Option, Redacted, Schema } from "effect"
import { type MailerError, type MailerReason, Transient } from "../Mailer.ts"
import * as Connections from "./Connections.ts"
import { outcome } from "./outcome.ts"
import { mailboxUrl, searchUrl, type Sender } from "./Sender.ts"
import { TokenCache } from "./TokenCache.ts"

const timeout = Duration.seconds(8)

/** A message to nobody: who may send is told that recipients are missing (400), who may not that he may not (403). */
const toNobody = Buffer.from("Subject: Right to send\r\nContent-Type: text/plain\r\n\r\n").toString("base64")
const noRecipients = 400

/** Undefined if it may send. */
export const mayNotSend = Effect.fn("Probe.mayNotSend")(function* (
  sender: Sender
): Effect.fn.Return<MailerReason | undefined, MailerError, TokenCache | Connections.Connections> {
  const answer = yield* ask({ url: `${mailboxUrl(sender)}/sendMail`, contentType: "text/plain", body: toNobody })
  if ("_tag" in answer) return answer
  if (answer.status === noRecipients) return undefined
  const result = outcome(answer, yield* Clock.currentTimeMillis)
  if (result._tag === "Accepted") return undefined
  return result._tag === "Unauthorized" ? new Transient({ detail: result.detail, retryAfter: undefined }) : result
})

/** The mail with this Message-ID as the mailbox shows it now. */
export const source = Effect.fn("Probe.source")(function* (sender: Sender, messageId: string) {
  const found = yield* ask({ url: searchUrl(sender, messageId, "id") })
  if ("_tag" in found || found.status !== 200) return "unreadable"
  const id = Option.getOrUndefined(Schema.decodeOption(Found)(found.body))?.value[0]?.id
  if (id === undefined) return "absent"
  const read = yield* ask({ url: `${mailboxUrl(sender)}/messages/${encodeURIComponent(id)}/$value` })
  return "_tag" in read || read.status !== 200 || read.body === "" ? "unreadable" : { source: read.body }
})

const Found = Schema.fromJsonString(Schema.Struct({ value: Schema.Array(Schema.Struct({ id: Schema.String })) }))

const Roles = Schema.fromJsonString(Schema.Struct({ roles: Schema.optional(Schema.Array(Schema.String)) }))

/** What an administrator has consented to for the whole tenant, as far as the token says it. */
export const roles = (token: Redacted.Redacted): ReadonlyArray<string> => {
  const [, claims = ""] = Redacted.value(token).split(".")
  const decoded = Schema.decodeOption(Roles)(Buffer.from(claims, "base64url").toString())
  return Option.getOrUndefined(decoded)?.roles ?? []
}

const ask = Effect.fnUntraced(function* (request: {
  readonly url: string
  readonly contentType?: string
  readonly body?: string
}) {
  const token = yield* Effect.flatMap(TokenCache, ({ get }) => get)
  const { body, contentType, url } = request
  const headers = {
    authorization: `Bearer ${Redacted.value(token)}`,
    ...(contentType === undefined ? {} : { "content-type": contentType })
  }
  return yield* Connections.exchange({ url, headers, ...(body === undefined ? {} : { body }) }, timeout).pipe(
    Effect.catch(({ code }) =>
      Effect.succeed(new Transient({ detail: `Microsoft Graph cannot be reached: ${code}.`, retryAfter: undefined }))
    )
  )
})
