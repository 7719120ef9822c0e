// A mail that the stand-in accepted. It keeps the bytes and parses them only when somebody looks.
import { Effect } from "effect"
import PostalMime, { type Email } from "postal-mime"

export interface Mail {
  readonly receivedAt: number
  /** In lower case. */
  readonly mailbox: string
  /** With its angle brackets. */
  readonly messageId: string | undefined
  readonly clientRequestId: string | undefined
  /** The MIME message as it came in. */
  readonly raw: string
  readonly parsed: Effect.Effect<Email>
}

export const makeMail = (bytes: Buffer, envelope: Omit<Mail, "raw" | "parsed">): Mail => ({
  ...envelope,
  get raw() {
    return bytes.toString("utf8")
  },
  parsed: Effect.promise(() => PostalMime.parse(bytes))
})

export interface Headers {
  readonly messageId: string | undefined
  readonly addressed: boolean
  /** Where they end and the text begins. */
  readonly end: number
}

/** What Graph's answer depends on; undefined if this is no message at all. */
export const scanHeaders = (bytes: Buffer): Headers | undefined => {
  const crlf = bytes.indexOf("\r\n\r\n")
  const found = crlf === -1 ? bytes.indexOf("\n\n") : crlf
  const end = found === -1 ? bytes.length : found
  const head = bytes.toString("latin1", 0, end).replace(/\r?\n[ \t]+/g, " ")
  if (!/^[!-9;-~]+:/.test(head)) return undefined
  return {
    messageId: /^message-id:\s*(<[^>]+>)/im.exec(head)?.[1],
    addressed: /^(?:to|cc|bcc):.*@/im.test(head),
    end
  }
}
