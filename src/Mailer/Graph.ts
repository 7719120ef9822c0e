// Sends through Microsoft Graph's sendMail, as MIME. One for each (credential, mailbox), shared by all databases that use
// the pair: it holds that mailbox's standing and its places among the requests in flight.
import { Clock, Duration, Effect, Redacted, References, Result, Semaphore } from "effect"
import { elapsed } from "../Elapsed.ts"
import { type Accepted, Blocked, type Mail, Mailer, MailerError, sendTimeout, Transient } from "../Mailer.ts"
import { spanned } from "../Spanned.ts"
import * as Begin from "./Begin.ts"
import * as Connections from "./Connections.ts"
import * as Deck from "./Deck.ts"
import * as Gate from "./Gate.ts"
import { type Outcome, outcome, unanswered } from "./outcome.ts"
import * as Search from "./Search.ts"
import { mailboxUrl, type Sender } from "./Sender.ts"
import { refreshMargin, TokenCache } from "./TokenCache.ts"

/** Graph refuses a fifth concurrent request of one application to one mailbox. */
export const inFlight = 4

/** With less time than this a request is not begun again. */
const least = Duration.seconds(3)

/** With less time than this left after the wait for a place nothing is requested: a slow answer would come too late. */
const worthwhile = Duration.seconds(10)

/**
 * A begun mark is as old as its statement, not as the news of it: a process may be frozen between the two, or its
 * connection silent, and when the mark's lease is over somebody else sends the mail. From the statement to the last outcome.
 */
const markIsGood = Duration.seconds(30)

export interface Mailbox {
  /** For one of the databases that use this mailbox: while its server hangs, it takes no other's place. */
  readonly mailer: Effect.Effect<Mailer["Service"]>
}

export const mailbox = Effect.fnUntraced(function* (sender: Sender) {
  const tokens = yield* TokenCache
  const connections = yield* Connections.Connections
  const gate = yield* Gate.make
  const places = yield* Semaphore.make(inFlight)
  /** As the last request was; before the first one as if it were slow. */
  let width = Deck.widthOf(Infinity, inFlight)
  /** A mail was accepted lately, so that there are a way and a token, which is replaced long before it expires. */
  let flowsUntil = -Infinity
  /** Mails that are begun: they have a place, or wait for one. */
  let begun = 0
  const url = `${mailboxUrl(sender)}/sendMail`
  const constant = { "return-client-request-id": "true", "content-type": "text/plain" }

  const request = Effect.fnUntraced(function* (
    { mail, message }: Begin.Composed,
    token: Redacted.Redacted,
    time: Duration.Duration
  ): Effect.fn.Return<Outcome> {
    const headers = {
      authorization: `Bearer ${Redacted.value(token)}`,
      "client-request-id": mail.correlationId,
      ...constant
    }
    const body = message.toString("base64")
    const answer = yield* Effect.result(connections.request({ url, headers, body }, time))
    const result = Result.isSuccess(answer)
      ? outcome(answer.success, yield* Clock.currentTimeMillis)
      : unanswered(answer.failure)
    if (yield* References.TracerEnabled) yield* annotated(answer, result)
    return result
  }, requesting)

  /** At most two requests: a second only if the token of the first was refused. Both end before `end`. */
  const deliver = Effect.fnUntraced(function* (
    composed: Begin.Composed,
    token: Redacted.Redacted,
    now: number,
    end: number
  ) {
    const first = yield* request(composed, token, Duration.millis(end - now))
    if (first._tag !== "Unauthorized") return first
    const left = Effect.map(elapsed, (now) => Duration.millis(end - now))
    yield* tokens.invalidate(token)
    const late = tooLate(`${first.detail}, and no time was left to try again.`)
    const fresh = yield* tokens.get.pipe(
      Effect.timeoutOrElse({
        duration: Duration.subtract(yield* left, least),
        orElse: () => new MailerError({ reason: late })
      })
    )
    const time = yield* left
    if (Duration.isLessThan(time, least)) return late
    const second = yield* request(composed, fresh, time)
    if (second._tag === "Unauthorized") yield* tokens.invalidate(fresh)
    return second
  })

  const inPlace = Effect.fnUntraced(function* (composed: Begin.Composed, token: Redacted.Redacted, end: number) {
    const start = yield* elapsed
    if (start > end - Duration.toMillis(worthwhile)) {
      return yield* new MailerError({ reason: tooLate("The requests in flight, or the database, took too long.") })
    }
    const result = yield* deliver(composed, token, start, end)
    width = Deck.widthOf((yield* elapsed) - start, inFlight)
    flowsUntil = result._tag === "Accepted" ? start + Duration.toMillis(refreshMargin) : -Infinity
    return yield* accepted(result)
  })

  const token = gate.prepare(Effect.interruptible(tokens.get))

  // Interruptible only where it says so, whatever the caller's region: a caller that is uninterruptible itself is never
  // robbed of an outcome at the end of this.
  const sendWith = (deck: Semaphore.Semaphore) =>
    Effect.fnUntraced(
      function* <C, B, R>(
        compose: Effect.Effect<Mail, C, R>,
        begin: Effect.Effect<void, B, R>,
        asked?: number
      ): Effect.fn.Return<Accepted, MailerError | C | B, R> {
        const share = width
        if (!(yield* deck.takeIfAvailable(share))) yield* Effect.interruptible(deck.take(share))
        let counted = false
        let waits = true
        const leaveDeck = Effect.suspend(() => {
          waits = false
          return deck.release(share)
        })
        const all = Effect.gen(function* () {
          const bearer = yield* token
          counted = true
          begun++
          const from = asked ?? (yield* elapsed)
          const { composed, told } = yield* asked === undefined
            ? Begin.beside(begin, Begin.render(compose))
            : Begin.already(begin, Begin.render(compose))
          const end = Math.min(told + Duration.toMillis(sendTimeout), from + Duration.toMillis(markIsGood))
          yield* places.take(1)
          yield* leaveDeck
          // The gate is asked again, behind the places: who waited for one while it closed is refused, and frees it at once.
          return yield* Effect.ensuring(gate.guard(inPlace(composed, bearer, end)), places.release(1))
        })
        return yield* Effect.onExit(all, () => {
          if (counted) begun--
          return waits ? leaveDeck : Effect.void
        })
      },
      Effect.uninterruptible,
      sending
    )

  const find = yield* Search.make(sender, gate, places)
  const mailer = Effect.map(Semaphore.make(Deck.permits), (deck) =>
    Mailer.of({
      send: sendWith(deck),
      find,
      standing: gate.standing,
      places: Effect.map(elapsed, (now) => (now < flowsUntil ? Math.max(0, inFlight + Deck.room(width) - begun) : 0))
    })
  )
  const box: Mailbox = { mailer }
  return box
})

const sending = spanned("Mailer.send")
const requesting = spanned("send", "client")

const annotated = (answer: Result.Result<Connections.Answer, Connections.Lost>, result: Outcome) =>
  Effect.annotateCurrentSpan({
    ...(Result.isSuccess(answer) && { "http.response.status_code": answer.success.status }),
    ...(result._tag !== "Accepted" && { "error.type": result._tag, "error.message": result.detail })
  })

const tooLate = (detail: string) => new Transient({ detail, retryAfter: undefined })

const accepted = (result: Outcome): Effect.Effect<Accepted, MailerError> => {
  switch (result._tag) {
    case "Accepted":
      return Effect.succeed({ requestId: result.requestId })
    case "Unauthorized":
      return Effect.fail(new MailerError({ reason: refusedTwice(result.detail) }))
    default:
      return Effect.fail(new MailerError({ reason: result }))
  }
}

const refusedTwice = (detail: string) =>
  new Blocked({
    scope: "credential",
    detail: `${detail} to a token just issued.`,
    advice: "See that the application is enabled in Entra, and that TENANT_ID and GRAPH_CLOUD belong together."
  })
