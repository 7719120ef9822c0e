// What an answer of sendMail means. Decided on the status; the error's code only tells a mailbox or a quota from the mail
// itself. Pure and total: no body, however broken, changes more than the wording.
import { Duration, Option, Schema } from "effect"
import { Blocked, type MailerReason, Rejected, Throttled, Transient, Uncertain } from "../Mailer.ts"
import type { Answer, Lost } from "./Exchange.ts"
import { retryAfter } from "./retryAfter.ts"

/** The token was refused: surely not sent. */
export interface Unauthorized {
  readonly _tag: "Unauthorized"
  readonly detail: string
}

export type Outcome =
  | { readonly _tag: "Accepted"; readonly requestId: string | undefined }
  | Unauthorized
  | MailerReason

/** Where a throttle does not say how long. */
export const throttlePause = Duration.seconds(30)

/** A daily quota frees up as the day before it passes: looking more often is of no use. */
export const quotaPause = Duration.hours(2)

export const outcome = (answer: Answer, now: number): Outcome => {
  const { headers, status } = answer
  if (status === 202) return { _tag: "Accepted", requestId: requestIdOf(headers) }
  const code = codeOf(answer.body)
  const detail = describe(answer, code)
  const asked = retryAfter(headers["retry-after"], now)
  const blocked = (advice: string) => new Blocked({ scope: "mailbox", detail, advice })

  if (status === 401) return { _tag: "Unauthorized", detail }
  if (status >= 300 && status < 400) return blocked(advice.redirected)
  if (status >= 400 && status < 500) {
    if (code !== undefined && quota.test(code)) {
      return new Throttled({ detail, retryAfter: Duration.max(asked ?? Duration.zero, quotaPause) })
    }
    if (status === 429) {
      return new Throttled({ detail, retryAfter: Duration.max(asked ?? throttlePause, Duration.seconds(1)) })
    }
    if (status === 408 || status === 423) return new Transient({ detail, retryAfter: asked })
    if (status === 403) return blocked(advice.forbidden)
    // The request names no resource but the mailbox: not found is always it.
    if (status === 404 || (code !== undefined && mailbox.test(code))) return blocked(advice.missing)
    if (status === 402) return blocked(advice.licence)
    if (status === 407) return blocked(advice.redirected)
    return new Rejected({ detail })
  }
  if (status === 503) return new Transient({ detail, retryAfter: asked })
  return new Uncertain({ detail })
}

/** What it means that there was none. */
export const unanswered = ({ code, unsent }: Lost) =>
  unsent
    ? new Transient({ detail: `Microsoft Graph cannot be reached: ${code}.`, retryAfter: undefined })
    : new Uncertain({ detail: `The request to Microsoft Graph was not answered: ${code}.` })

const quota = /ExceededMessageLimit|QuotaExceeded|ExceededQuota|DailyLimit/i

const mailbox =
  /^(ErrorInvalidUser|MailboxNotEnabledForRESTAPI|MailboxNotSupportedForRESTAPI|ErrorMailboxInactive|ErrorNonExistentMailbox)$/i

const advice = {
  forbidden:
    "Allow the application to send as this mailbox (Mail.Send, or RBAC for Applications in Exchange Online), and see " +
    "that the mailbox itself may send. A right just granted takes up to two hours.",
  missing: "Correct FROM_EMAIL, or give that address a mailbox with an Exchange Online licence.",
  licence: "Give the mailbox an Exchange Online licence.",
  redirected: "Something between here and Microsoft Graph answers in its place: look at proxies and at GRAPH_CLOUD."
}

const describe = ({ headers, status }: Answer, code: string | undefined): string => {
  const id = requestIdOf(headers)
  return `Microsoft Graph answered ${status}${code === undefined ? "" : ` ${code}`}${id === undefined ? "" : ` (request-id ${id})`}`
}

/** Neither the server's sentence nor anything long goes into a log: it may quote the mail. */
const word = /^[\w.:-]{1,80}$/

const requestIdOf = (headers: Answer["headers"]): string | undefined => {
  const id = headers["request-id"]
  return id !== undefined && word.test(id) ? id : undefined
}

const ErrorBody = Schema.fromJsonString(Schema.Struct({ error: Schema.Struct({ code: Schema.String }) }))

const codeOf = (body: string): string | undefined =>
  Schema.decodeOption(ErrorBody)(body).pipe(
    Option.map(({ error }) => error.code),
    Option.filter((code) => word.test(code)),
    Option.getOrUndefined
  )
