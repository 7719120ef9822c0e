// The port to whoever is to hear of incidents, and how a book's messages get there: beside everything else, so that a
// receiver that is slow or away holds up nothing. What could not be told is told later, when its book hands it out again.
import { Context, Effect } from "effect"
import type { Message } from "./Incident.ts"
import type { Book } from "./IncidentBook.ts"

export interface Teller {
  /** True when the message was taken. Ends within a minute, and never fails. */
  readonly post: (message: Message) => Effect.Effect<boolean>
}

/** Undefined: nobody wants to hear. */
export const Alert = Context.Reference<Teller | undefined>("inquiries-mailer/Alert", {
  defaultValue: () => undefined
})

/** Ends when each message was taken or given up for now, a minute at most. */
export const tell = (teller: Teller, book: Book, messages: ReadonlyArray<Message>): Effect.Effect<void> =>
  Effect.forEach(
    messages,
    (message) =>
      Effect.flatMap(teller.post(message), (taken) =>
        // Not noted down, it is told once more.
        taken ? Effect.ignore(book.told(message)) : Effect.void
      ),
    { concurrency: "unbounded", discard: true }
  )
