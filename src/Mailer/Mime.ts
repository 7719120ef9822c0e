// A mail as the bytes that go out: text and HTML alternatives, CRLF, ASCII headers. Equal mails give equal bytes. What a
// stranger typed makes no header and no second address, and nothing is ever read from a file or a URL.
import { createHash } from "node:crypto"
import { DateTime, Effect } from "effect"
import MailComposer from "nodemailer/lib/mail-composer"
import { type Mail, MailerError, Rejected } from "../Mailer.ts"

export const render = Effect.fn("Mime.render")(function* (mail: Mail) {
  const composer = new MailComposer({
    messageId: clean(mail.messageId),
    date: DateTime.toDateUtc(mail.date),
    from: address(mail.from),
    to: mail.to.map((to) => address(to)),
    cc: mail.cc.map((cc) => address(cc)),
    replyTo: mail.replyTo === undefined ? undefined : address(mail.replyTo.address, mail.replyTo.name),
    subject: clean(mail.subject),
    // Never `All`: that would suppress the bounces too.
    headers: { "X-Auto-Response-Suppress": "OOF, AutoReply" },
    text: mail.text,
    html: mail.html,
    // Comes from the notice's random uuid, so that nobody can write it into a field beforehand.
    baseBoundary: createHash("sha256").update(mail.messageId).digest("hex").slice(0, 32),
    // A fixed growth by a third: what the templates allow stays under 200 kB, which quoted-printable would treble.
    textEncoding: "base64",
    newline: "windows",
    disableFileAccess: true,
    disableUrlAccess: true
  })
  return yield* Effect.callback<Buffer, MailerError>((resume) => {
    composer.compile().build((error, message) => {
      resume(
        error === null && message !== undefined
          ? Effect.succeed(message)
          : Effect.fail(new MailerError({ reason: new Rejected({ detail: "The mail could not be put together." }) }))
      )
    })
  })
})

const address = (value: string, name = "") => ({ name: clean(name), address: clean(value).replace(/\s/g, "") })

/**
 * Without control, bidirectional and line-separating characters, which forge what a reader sees, and without encoded words,
 * which hide them.
 */
const clean = (value: string): string =>
  value
    .replace(/[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]+/gu, " ")
    .replaceAll("=?", "= ?")
    .trim()
