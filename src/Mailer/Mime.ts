// A mail as the bytes that go out: text and HTML alternatives, CRLF, ASCII headers. Equal mails give equal bytes. What a
// stranger typed makes no header, no part and no second address, and nothing is ever read from a file or a URL. All of it is
// what the library's composer makes, which would take ten times as long with its streams: tests compare the two.
import { DateTime, Exit } from "effect"
import { foldLines } from "nodemailer/lib/mime-funcs"
import MimeNode from "nodemailer/lib/mime-node"
import { type Mail, MailerError, Rejected } from "../Mailer.ts"
import { encodeWords } from "./encodeWords.ts"
import { boundaryMark, isAscii, part } from "./part.ts"

/** The message. */
export const render = (mail: Mail): Exit.Exit<Buffer, MailerError> => made(() => bytes(compose(mail)))

/** The message in base64. */
export const encoded = (mail: Mail): Exit.Exit<string, MailerError> => made(() => base64(compose(mail)))

const made = <A>(make: () => A): Exit.Exit<A, MailerError> => {
  try {
    return Exit.succeed(make())
  } catch {
    return Exit.fail(new MailerError({ reason: new Rejected({ detail: "The mail could not be put together." }) }))
  }
}

const compose = (mail: Mail): ReadonlyArray<string> => {
  const boundary = boundaryOf(mail)
  const between = `\r\n--${boundary}`
  const type = `MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="${boundary}"\r\n`
  return [
    `${headers(mail)}${type}${between}`,
    `${part("text/plain", mail.text)}${between}`,
    part("text/html", mail.html),
    `${between}--\r\n`
  ]
}

const headers = (mail: Mail): string =>
  envelope(mail) +
  (mail.replyTo === undefined ? "" : replyTo(mail.replyTo.address, mail.replyTo.name)) +
  header("Subject", encodeWords(clean(mail.subject))) +
  header("Message-ID", clean(mail.messageId)) +
  `Date: ${DateTime.toDateUtc(mail.date).toUTCString().replace("GMT", "+0000")}\r\n` +
  (mail.maybeDuplicate ? "X-Maybe-Duplicate: yes\r\n" : "")

/** Nobody can write the notice's random uuid into a field beforehand, and no part that goes out as it is has the mark. */
const boundaryOf = ({ correlationId }: Mail): string =>
  `--${boundaryMark}${correlationId.replace(/\W/g, "").slice(0, 32)}-Part_1`

const bytes = (pieces: ReadonlyArray<string>): Buffer => {
  if (!pieces.every(isAscii)) return Buffer.from(pieces.join(""))
  const message = Buffer.allocUnsafe(lengthOf(pieces))
  writeTo(message, pieces)
  return message
}

/** A desk to put a message together on: what nearly every message would be given memory for, and only for a moment. */
const desk = Buffer.allocUnsafeSlow(65_536)

const base64 = (pieces: ReadonlyArray<string>): string =>
  lengthOf(pieces) <= desk.length && pieces.every(isAscii)
    ? desk.toString("base64", 0, writeTo(desk, pieces))
    : bytes(pieces).toString("base64")

const lengthOf = (pieces: ReadonlyArray<string>): number => pieces.reduce((length, piece) => length + piece.length, 0)

/** All are ASCII, as nearly always: each is written to its place as Latin-1, which takes half the time of joining them first. */
const writeTo = (message: Buffer, pieces: ReadonlyArray<string>): number =>
  pieces.reduce((end, piece) => end + message.write(piece, end, "latin1"), 0)

/** `value` is encoded already: ASCII without control characters. */
const header = (name: string, value: string): string => `${foldLines(`${name}: ${value}`, 76)}\r\n`

const replyTo = (to: string, name = ""): string =>
  plainName.test(name) && plainAddress.test(to)
    ? header("Reply-To", `${name.trim()} <${to}>`)
    : `${within().setHeader("Reply-To", address(to, name)).buildHeaders()}\r\n`

// Nearly every person's, which need no encoding and no quotes.
const plainName = /^ *\w[\w ]*$/
const plainAddress = /^[\w+-]+(?:\.[\w+-]+)*@[a-z][a-z\d]*(?:\.[a-z]{2,})+$/

/** A node within another has no headers but its own. */
const within = () => new MimeNode("multipart/alternative").createChild(false, { textEncoding: "B" })

type Envelope = Pick<Mail, "from" | "to" | "cc">

/** What every mail of a database begins with, by its recipients. */
const envelopes = new WeakMap<Envelope["to"], Envelope & { readonly headers: string }>()

const envelope = ({ cc, from, to }: Envelope): string => {
  const known = envelopes.get(to)
  if (known?.from === from && known.cc === cc) return known.headers
  const built = within()
    // Never `All`: that would suppress the bounces too.
    .setHeader("X-Auto-Response-Suppress", "OOF, AutoReply")
    .setHeader("From", address(from))
    .setHeader("To", addresses(to))
    .setHeader("Cc", addresses(cc))
    .buildHeaders()
  const headers = `${built}\r\n`
  envelopes.set(to, { from, to, cc, headers })
  return headers
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
