// What the library's own composer makes of a mail: what ours is compared with.
import { DateTime, Effect } from "effect"
import MailComposer from "nodemailer/lib/mail-composer"
import type { Mail } from "../../src/Mailer.ts"

/** The composer's own rule would be lines of 76 characters, and would let tabs and DEL be. */
export const encodingOf = (part: string): "7bit" | "base64" =>
  /^(?:[\x20-\x7e]{0,998}(?:\n|$))*$/.test(part) && !/From |_NmP-/.test(part) ? "7bit" : "base64"

const content = (type: string, text: string) => ({
  contentType: `${type}; charset=utf-8`,
  content: text.replace(/\r?\n/g, "\r\n")
})

/** The same mail by the library's own composer, with its streams. */
export const composed = (it: Mail) =>
  Effect.promise(() => {
    const node = new MailComposer({
      headers: { "X-Auto-Response-Suppress": "OOF, AutoReply" },
      from: { name: "", address: it.from },
      to: it.to.map((address) => ({ name: "", address })),
      cc: it.cc.map((address) => ({ name: "", address })),
      replyTo: it.replyTo === undefined ? undefined : { name: it.replyTo.name ?? "", address: it.replyTo.address },
      subject: it.subject,
      messageId: it.messageId,
      date: DateTime.toDateUtc(it.date),
      // Not as `text` and `html`, of which it leaves out what is empty.
      alternatives: [content("text/plain", it.text), content("text/html", it.html)],
      baseBoundary: it.correlationId.replaceAll("-", ""),
      textEncoding: "base64",
      newline: "windows"
    }).compile()
    const [text, html] = node.childNodes
    if (text !== undefined) text.getTransferEncoding = () => encodingOf(it.text)
    if (html !== undefined) html.getTransferEncoding = () => encodingOf(it.html)
    return node.build()
  })
