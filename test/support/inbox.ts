// An inbox that a test fills by hand: mails arrive when it says so, and rows are noted instead of inserted.
import { Effect, PubSub } from "effect"
import { type Mail, makeMail } from "../../scripts/stage/GraphMail.ts"
import * as Inbox from "../../scripts/stage/Inbox.ts"

/** A mail with these headers and bodies, as they are. */
export const mail = (subject: string, html: string, text = "Only text."): Mail => {
  const lines = [
    `From: noreply@autos.example.com`,
    `To: Sales <sales@example.com>`,
    `Reply-To: "Jane Doe" <jane@example.com>`,
    `Subject: ${subject}`,
    "X-Odd: <b>odd</b>",
    "MIME-Version: 1.0",
    'Content-Type: multipart/alternative; boundary="cut"',
    ...["", "--cut", "Content-Type: text/plain; charset=utf-8", "", text],
    ...["--cut", "Content-Type: text/html; charset=utf-8", "", html, "--cut--", ""]
  ]
  return makeMail(Buffer.from(lines.join("\r\n")), {
    receivedAt: Date.UTC(2026, 10, 24, 12),
    mailbox: "noreply@autos.example.com",
    messageId: undefined,
    clientRequestId: "00000000-0000-4000-8000-000000000042"
  })
}

export const filledByHand = Effect.fn("filledByHand")(function* (mails: Array<Mail> = [], port?: number) {
  const arrivals = yield* PubSub.unbounded<Mail>()
  const typed: Array<Inbox.Typed> = []
  const arrive = (one: Mail) =>
    Effect.sync(() => {
      mails.push(one)
      PubSub.publishUnsafe(arrivals, one)
    })
  const { url } = yield* Inbox.start({
    standIn: { mails, onMail: PubSub.subscribe(arrivals) },
    kinds: [
      { name: "autos", label: "Car inquiry" },
      { name: "website", label: "Contact" }
    ],
    insert: (row) =>
      Effect.suspend(() => {
        typed.push(row)
        return row.message === "refuse" ? Effect.fail("PostgreSQL refuses <b>it</b>") : Effect.succeed("Row 11 is in.")
      }),
    ...(port !== undefined && { port })
  })
  return { url, arrive, typed }
})
