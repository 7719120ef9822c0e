// Looks for a mail in the mailbox that sent it, by its Message-ID. Searches follow each other, so that one of the mailbox's
// places is the most they take, and after a failure they rest: a search that hangs holds up no send, and one that is
// refused says nothing of the right to send.
import { Clock, Duration, Effect, Option, Redacted, Schema, Semaphore } from "effect"
import { Blocked, MailerError, type MailerReason, Transient } from "../Mailer.ts"
import * as Connections from "./Connections.ts"
import type { Answer } from "./Exchange.ts"
import type { Gate } from "./Gate.ts"
import { outcome } from "./outcome.ts"
import type { Places } from "./Places.ts"
import { searchUrl, type Sender } from "./Sender.ts"
import { TokenCache } from "./TokenCache.ts"

/** For one search. */
export const searchTimeout = Duration.seconds(10)

/** After a search that had no answer, and after one that was refused until somebody grants the right. */
export const rests = { failed: Duration.seconds(30), refused: Duration.minutes(5) }

export const make = Effect.fnUntraced(function* (sender: Sender, gate: Gate, places: Places) {
  const tokens = yield* TokenCache
  const connections = yield* Connections.Connections
  const turn = yield* Semaphore.make(1)
  let resting: { readonly until: bigint; readonly reason: MailerReason } | undefined

  const search = Effect.fnUntraced(function* (messageId: string, token: Redacted.Redacted) {
    const url = searchUrl(sender, messageId, "id,isDraft")
    const headers = { authorization: `Bearer ${Redacted.value(token)}` }
    const answer = yield* Connections.exchange({ url, headers }, searchTimeout).pipe(
      places.within,
      Effect.provideService(Connections.Connections, connections),
      Effect.mapError(({ code }) => failed(`it was not answered: ${code}.`))
    )
    if (answer.status === 401) yield* tokens.invalidate(token)
    return yield* found(answer, yield* Clock.currentTimeMillis)
  })

  const find = Effect.fnUntraced(function* (messageId: string) {
    const now = yield* Clock.monotonicTimeNanos
    if (resting !== undefined && now < resting.until) return yield* new MailerError({ reason: resting.reason })
    const token = yield* gate.prepare(tokens.get)
    return yield* search(messageId, token).pipe(
      Effect.tapError(({ reason }) =>
        Effect.map(Clock.monotonicTimeNanos, (now) => {
          resting = { until: now + Option.getOrThrow(Duration.toNanos(restAfter(reason))), reason }
        })
      )
    )
  })

  return (messageId: string): Effect.Effect<boolean, MailerError> =>
    Effect.interruptible(turn.withPermits(1)(find(messageId)))
})

const restAfter = (reason: MailerReason): Duration.Duration => {
  if (reason._tag === "Blocked") return rests.refused
  return "retryAfter" in reason && reason.retryAfter !== undefined ? reason.retryAfter : rests.failed
}

/** A draft was not sent. */
const Found = Schema.fromJsonString(
  Schema.Struct({ value: Schema.Array(Schema.Struct({ isDraft: Schema.optional(Schema.Boolean) })) })
)

const found = (answer: Answer, now: number): Effect.Effect<boolean, MailerError> => {
  if (answer.status === 200) {
    return Option.match(Schema.decodeOption(Found)(answer.body), {
      onNone: () => Effect.fail(failed("the answer could not be read.")),
      onSome: ({ value }) => Effect.succeed(value.some(({ isDraft }) => isDraft !== true))
    })
  }
  const result = outcome(answer, now)
  switch (result._tag) {
    case "Throttled":
      return Effect.fail(new MailerError({ reason: result }))
    case "Transient":
      return Effect.fail(failed(result.detail, result.retryAfter))
    case "Accepted":
      return Effect.fail(failed("the answer could not be read."))
    case "Unauthorized":
    case "Uncertain":
      return Effect.fail(failed(result.detail))
    case "Blocked":
    case "Rejected":
      return Effect.fail(
        new MailerError({ reason: new Blocked({ scope: "mailbox", detail: `${unsearched} ${result.detail}`, advice }) })
      )
  }
}

const unsearched = "The mailbox could not be searched:"

const failed = (detail: string, retryAfter?: Duration.Duration) =>
  new MailerError({ reason: new Transient({ detail: `${unsearched} ${detail}`, retryAfter }) })

const advice =
  "Allow the application to read this mailbox (Mail.Read, limited to it by RBAC for Applications in Exchange Online), or " +
  "choose RECONCILE=resend or park. A right just granted takes up to two hours."
