// The stand-in's mailboxes: Graph's rules for sendMail in MIME form and for the search by Message-ID. At most four
// requests of one application may be in flight in one mailbox; the fifth is refused.
import { type Answer, type Ask, graphError, jsonAnswer } from "./GraphAnswer.ts"
import { type Mail, makeMail, scanHeaders } from "./GraphMail.ts"

export interface MailboxOptions {
  /** Without it every mailbox exists. */
  readonly mailboxes?: ReadonlyArray<string>
  /** How long after its 202 a mail can be found; one for all mails, or asked for each. */
  readonly sentItemsLagMillis?: number | (() => number)
  /** Of which mails it keeps only what stands above the text, so that a hundred thousand fit into memory. */
  readonly headersOnly?: (headers: string) => boolean
}

export interface Mailboxes {
  readonly mails: Array<Mail>
  /** How many requests came at once for a mailbox and application, those refused for it included. */
  readonly maxInFlight: Map<string, number>
  /** Takes a place in the mailbox until `leave`, or is the 429. */
  readonly enter: (ask: Ask, app: string, mailbox: string) => Answer | { readonly leave: () => void }
  readonly sendMail: (ask: Ask, mailbox: string, body: Buffer) => Answer
  readonly messages: (ask: Ask, mailbox: string) => Answer
  /** The MIME of one of them. */
  readonly source: (ask: Ask, mailbox: string, item: string) => Answer
}

const concurrency = 4
const maxBytes = 4 * 1024 * 1024

/** Undefined unless it is base64 to its last character. Node's decoder skips what it does not know: the length tells. */
const decodeBase64 = (body: Buffer): Buffer | undefined => {
  const sent = body.toString("latin1")
  const text = sent.includes("\n") ? sent.replace(/\r?\n/g, "") : sent
  const bytes = Buffer.from(text, "base64")
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  // No expression: on the 11 kB of a benchmark's mail it would take longer than all the rest.
  const strange = text.includes("-") || text.includes("_")
  return bytes.length === (text.length / 4) * 3 - padding && !strange ? bytes : undefined
}

export const makeMailboxes = (options: MailboxOptions, onMail: (mail: Mail) => void): Mailboxes => {
  const known = options.mailboxes && new Set(options.mailboxes.map((mailbox) => mailbox.toLowerCase()))
  const lag = options.sentItemsLagMillis ?? 0
  const foundAt = new WeakMap<Mail, number>()
  const mails: Array<Mail> = []
  const maxInFlight = new Map<string, number>()
  const inFlight = new Map<string, number>()

  const refuseMailbox = (ask: Ask, mailbox: string): Answer | undefined =>
    known === undefined || known.has(mailbox)
      ? undefined
      : graphError(ask, 404, "ErrorInvalidUser", `The requested user '${mailbox}' is invalid.`)

  const enter: Mailboxes["enter"] = (ask, app, mailbox) => {
    const place = `${app} ${mailbox}`
    const now = inFlight.get(place) ?? 0
    maxInFlight.set(mailbox, Math.max(maxInFlight.get(mailbox) ?? 0, now + 1))
    if (now >= concurrency) {
      const message = "Application is over its MailboxConcurrency limit."
      return graphError(ask, 429, "ApplicationThrottled", message, { "retry-after": "1" })
    }
    inFlight.set(place, now + 1)
    let left = false
    const leave = () => {
      if (!left) inFlight.set(place, (inFlight.get(place) ?? 1) - 1)
      left = true
    }
    return { leave }
  }

  const sendMail: Mailboxes["sendMail"] = (ask, mailbox, body) => {
    const refuse = (code: string, message: string, status = 400) => graphError(ask, status, code, message)
    if (!/^text\/plain\b/i.test(ask.headers["content-type"] ?? "")) {
      return refuse("ErrorInvalidRequest", "This stand-in takes MIME only: base64 with Content-Type text/plain.")
    }
    if (body.length > maxBytes) return refuse("ErrorMessageSizeExceeded", "The message exceeds 4 MB.", 413)
    const bytes = decodeBase64(body)
    if (bytes === undefined) {
      return refuse("ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
    }
    const headers = scanHeaders(bytes)
    if (headers === undefined) return refuse("ErrorMimeContentInvalid", "The MIME content is invalid.")
    const unknown = refuseMailbox(ask, mailbox)
    if (unknown !== undefined) return unknown
    if (!headers.addressed) return refuse("ErrorInvalidRecipients", "At least one recipient is not valid.")
    const { clientRequestId, now: receivedAt } = ask
    const above = bytes.subarray(0, headers.end)
    const kept = options.headersOnly?.(above.toString("utf8")) === true ? Buffer.from(above) : bytes
    const mail = makeMail(kept, { receivedAt, mailbox, messageId: headers.messageId, clientRequestId })
    foundAt.set(mail, receivedAt + (typeof lag === "number" ? lag : lag()))
    mails.push(mail)
    onMail(mail)
    return { status: 202, headers: { "cache-control": "private" } }
  }

  const messages: Mailboxes["messages"] = (ask, mailbox) => {
    const unknown = refuseMailbox(ask, mailbox)
    if (unknown !== undefined) return unknown
    const filter = /^internetMessageId eq '((?:[^']|'')*)'$/.exec(ask.query.get("$filter") ?? "")?.[1]
    if (filter === undefined) return graphError(ask, 400, "ErrorInvalidUrlQueryFilter", "The query filter is invalid.")
    const wanted = filter.replaceAll("''", "'")
    const fields = ask.query.get("$select")?.split(",")
    const value = mails.flatMap((mail, index) => {
      if (mail.mailbox !== mailbox || mail.messageId !== wanted || (foundAt.get(mail) ?? 0) > ask.now) return []
      const item = { id: `item-${index}`, isDraft: false, parentFolderId: "sentitems", internetMessageId: wanted }
      return [Object.fromEntries(Object.entries(item).filter(([name]) => fields?.includes(name) ?? true))]
    })
    return jsonAnswer(200, { "@odata.context": `${ask.origin}/v1.0/$metadata#users/messages`, value })
  }

  const source: Mailboxes["source"] = (ask, mailbox, item) => {
    const mail = mails[Number(/^item-(\d+)$/.exec(item)?.[1])]
    return mail?.mailbox === mailbox
      ? { status: 200, headers: { "content-type": "text/plain" }, body: mail.raw }
      : graphError(ask, 404, "ErrorItemNotFound", "The specified object was not found in the store.")
  }

  return { mails, maxInFlight, enter, sendMail, messages, source }
}
