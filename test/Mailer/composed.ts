// What the library's own composer makes of a mail: what ours is compared with.
import { DateTime, Effect } from "effect"
import MailComposer from "nodemailer/lib/mail-composer"
import type { Mail } from "../../src/Mailer.ts"
import * as Mime from "../../src/Mailer/Mime.ts"

/** The same mail by the library's own composer, with its streams. */
export const composed = (it: Mail) => {
  const rendered = Mime.render(it)
  const base = /boundary="--_NmP-(\w+)-Part_1"/
  return Effect.flatMap(rendered, (message) =>
    Effect.promise(() =>
      new MailComposer({
        headers: { "X-Auto-Response-Suppress": "OOF, AutoReply" },
        from: { name: "", address: it.from },
        to: it.to.map((address) => ({ name: "", address })),
        cc: it.cc.map((address) => ({ name: "", address })),
        replyTo: it.replyTo === undefined ? undefined : { name: it.replyTo.name ?? "", address: it.replyTo.address },
        subject: it.subject,
        messageId: it.messageId,
        date: DateTime.toDateUtc(it.date),
        text: it.text.replaceAll("\n", "\r\n"),
        html: it.html.replaceAll("\n", "\r\n"),
        baseBoundary: base.exec(message.toString())?.[1],
        textEncoding: "base64",
        newline: "windows"
      })
        .compile()
        .build()
    )
  )
}
