// What the tests of this room share: an invented mail, connections that answer from a function, reasons to fail with.
import { DateTime, Duration, Effect, Layer } from "effect"
import { Blocked, type Mail, MailerError, type MailerReason, Throttled, Transient } from "../../src/Mailer.ts"
import { Connections, type Request } from "../../src/Mailer/Connections.ts"
import { type Answer, bodyTimeout, Lost } from "../../src/Mailer/Exchange.ts"

export const mail: Mail = {
  messageId: "<6c7f6a54-6c1c-4c6e-9f0e-0d6a8f3c2b11@inquiries-mailer.example.com>",
  correlationId: "6c7f6a54-6c1c-4c6e-9f0e-0d6a8f3c2b11",
  date: DateTime.makeUnsafe("2026-03-04T05:06:07Z"),
  from: "noreply@example.com",
  to: ["sales@example.com", "desk@example.org"],
  cc: ["archive@example.com"],
  replyTo: { name: "Zoë, the Third", address: "zoe@example.org" },
  subject: "New inquiry: 2023 Sedan – Zoë (#42)",
  text: "Name: Zoë\nMessage: Is it still there?\n",
  html: "<p>Name: Zoë</p>",
  maybeDuplicate: false
}

/** The assertions compare errors by their message alone: compare what a reason holds instead. */
export const plain = <A extends object>(reason: A) => ({ ...reason })

export const failed = (reason: MailerReason) => new MailerError({ reason })
export const transient = new Transient({ detail: "away", retryAfter: undefined })
export const throttled = (seconds: number) =>
  new Throttled({ detail: "too many", retryAfter: Duration.seconds(seconds) })
export const blocked = new Blocked({ scope: "mailbox", detail: "no right", advice: "grant it" })

export type Respond = (request: Request) => Effect.Effect<Response, Lost>

/** Connections whose answers come from a function. */
export const connections = (respond: Respond) =>
  Layer.succeed(Connections, {
    request: (request, time) =>
      respond(request).pipe(
        Effect.flatMap((response) =>
          Effect.map(
            response.body === null ? Effect.succeed("") : Effect.promise(() => response.text()),
            (body): Answer => ({ status: response.status, headers: Object.fromEntries(response.headers), body })
          )
        ),
        Effect.timeoutOrElse({
          duration: Duration.subtract(time, bodyTimeout),
          orElse: () => Effect.fail(new Lost({ unsent: false, code: "late" }))
        })
      )
  })

export const bearer = ({ headers }: Request): string => (headers["authorization"] ?? "").replace("Bearer ", "")
