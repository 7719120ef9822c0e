// A mail as the bytes that go out: text and HTML alternatives, CRLF, ASCII headers. Equal mails give equal bytes. What a
// stranger typed makes no header and no second address, and nothing is ever read from a file or a URL. The library's
// encoders make every header; its composer, which would take five times as long with its streams, is what tests compare with.
import { createHash } from "node:crypto"
import { DateTime, Effect } from "effect"
import { encodeWords, foldLines } from "nodemailer/lib/mime-funcs"
import MimeNode from "nodemailer/lib/mime-node"
import { type Mail, MailerError, Rejected } from "../Mailer.ts"

export const render = (mail: Mail): Effect.Effect<Buffer, MailerError> =>
  Effect.try({
    try: () => compose(mail),
    catch: () => new MailerError({ reason: new Rejected({ detail: "The mail could not be put together." }) })
  })

const compose = (mail: Mail): Buffer => {
  // Comes from the notice's uuid, most of which is random, so that nobody can write it into a field beforehand.
  const boundary = `--_NmP-${createHash("sha256").update(mail.messageId).digest("hex").slice(0, 32)}-Part_1`
  const between = `--${boundary}`
  const lines = [
    envelope(mail),
    ...(mail.replyTo === undefined ? [] : [replyTo(mail.replyTo.address, mail.replyTo.name)]),
    header("Subject", encodeWords(clean(mail.subject), "B", 52, true)),
    header("Message-ID", clean(mail.messageId)),
    `Date: ${DateTime.toDateUtc(mail.date).toUTCString().replace("GMT", "+0000")}`,
    ...(mail.maybeDuplicate ? ["X-Maybe-Duplicate: yes"] : []),
    "MIME-Version: 1.0",
    `Content-Type: multipart/alternative;\r\n boundary="${boundary}"`,
    "",
    between,
    ...part("text/plain", mail.text),
    between,
    ...part("text/html", mail.html),
    `${between}--`,
    ""
  ]
  return Buffer.from(lines.join("\r\n"))
}

/** `value` is encoded already: ASCII without control characters. */
const header = (name: string, value: string): string => foldLines(`${name}: ${value}`, 76)

const replyTo = (to: string, name = ""): string =>
  plainName.test(name) && plainAddress.test(to)
    ? header("Reply-To", `${name.trim()} <${to}>`)
    : within().setHeader("Reply-To", address(to, name)).buildHeaders()

// Nearly every person's, which need no encoding and no quotes.
const plainName = /^ *\w[\w ]*$/
const plainAddress = /^[\w+-]+(?:\.[\w+-]+)*@[a-z][a-z\d]*(?:\.[a-z]{2,})+$/

/** A node within another has no headers but its own. */
const within = () => new MimeNode("multipart/alternative", { textEncoding: "B" }).createChild()

type Envelope = Pick<Mail, "from" | "to" | "cc">

/** What every mail of a database begins with, by its recipients. */
const envelopes = new WeakMap<Envelope["to"], Envelope & { readonly headers: string }>()

const envelope = ({ cc, from, to }: Envelope): string => {
  const known = envelopes.get(to)
  if (known?.from === from && known.cc === cc) return known.headers
  const headers = within()
    // Never `All`: that would suppress the bounces too.
    .setHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
    .setHeader("From", address(from))
    .setHeader("To", addresses(to))
    .setHeader("Cc", addresses(cc))
    .buildHeaders()
  envelopes.set(to, { from, to, cc, headers })
  return headers
}

/** A fixed growth by a third: what the templates allow stays under 200 kB, which quoted-printable would treble. */
const part = (type: string, text: string): ReadonlyArray<string> => [
  `Content-Type: ${type}; charset=utf-8`,
  "Content-Transfer-Encoding: base64",
  "",
  folded(Buffer.from(withCrlf(text)).toString("base64"))
]

/** Without a pattern where that will do: it takes three times as long, and the templates write no CR. */
const withCrlf = (text: string): string =>
  text.includes("\r") ? text.replace(/\r?\n/g, "\r\n") : text.replaceAll("\n", "\r\n")

/** Lines of 76 characters, the most that base64 may have in a mail (RFC 2045, 6.8). */
const folded = (base64: string): string => {
  let lines = base64.slice(0, 76)
  for (let at = 76; at < base64.length; at += 76) lines += `\r\n${base64.slice(at, at + 76)}`
  return lines
}

const addresses = (values: ReadonlyArray<string>) => values.map((value) => address(value))

const address = (value: string, name = "") => ({ name: clean(name), address: clean(value).replace(/\s/g, "") })

/**
 * Without control, bidirectional and line-separating characters, which forge what a reader sees, and without encoded words,
 * which hide them.
 */
const clean = (value: string): string => (/^[\x21-\x3c\x3e-\x7e]+$/.test(value) ? value : cleaned(value))

const cleaned = (value: string): string =>
  value
    .replace(/[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/gu, " ")
    .replaceAll("=?", "= ?")
    .trim()
