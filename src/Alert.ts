// The port to whoever is to hear of incidents, and how a book's messages get there: beside everything else, so that a
// receiver that is slow or away holds up nothing. What could not be told is told later, when its book hands it out again.
import { Context, Duration, Effect, Schedule } from "effect"
import { headline, type Message } from "./Incident.ts"
import type { Book } from "./IncidentBook.ts"

export interface Teller {
  /** True when the message was taken. Ends within a minute, and never fails. */
  readonly post: (message: Message) => Effect.Effect<boolean>
}

/** Undefined: nobody wants to hear. */
export const Alert = Context.Reference<Teller | undefined>("inquiries-mailer/Alert", {
  defaultValue: () => undefined
})

/** For one way: a blip is over by then; what lasts longer is the book's, which hands the message out again. */
export const blip = Schedule.exponential("1 second", 3).pipe(Schedule.upTo({ times: 2 }))

/** A way that did not take what the other took is tried for two hours more: nobody else will. */
const later = Schedule.exponential("1 minute").pipe(Schedule.upTo({ times: 6 }))

/**
 * Tells by all of these ways. What one has taken counts as told, so that it is not told there twice; the others are tried
 * again in this process, unless there is something newer to tell of the same matter.
 */
export const together = Effect.fnUntraced(function* (tellers: ReadonlyArray<Teller>) {
  const scope = yield* Effect.scope
  const newest = new Map<string, Message>()

  const again = (teller: Teller, message: Message, key: string) =>
    Effect.suspend(() => (newest.get(key) === message ? teller.post(message) : Effect.succeed(true))).pipe(
      Effect.flatMap((taken) => (taken ? Effect.void : Effect.fail(undefined))),
      Effect.retry(later),
      Effect.delay(Duration.minutes(1)),
      Effect.catch(() => Effect.logWarning(`an alert was told by one way only: ${headline(message)}`))
    )

  const post = Effect.fnUntraced(function* (message: Message) {
    const key = [message.database, message.kind, message.table].join(" ")
    newest.set(key, message)
    const taken = yield* Effect.forEach(tellers, (teller) => teller.post(message), { concurrency: "unbounded" })
    if (!taken.includes(true)) return false
    for (const [at, teller] of tellers.entries()) {
      if (taken[at] === false) yield* Effect.forkIn(again(teller, message, key), scope)
    }
    return true
  })

  const teller: Teller = { post }
  return teller
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
