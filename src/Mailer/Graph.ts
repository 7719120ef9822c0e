// Sends through Microsoft Graph's sendMail, as MIME. One for each (credential, mailbox), shared by all databases that use
// the pair: it holds that mailbox's standing and its places among the requests in flight.
import { Clock, Duration, Effect, Redacted, References } from "effect"
import { elapsed, elapsedOf } from "../Elapsed.ts"
import { type Accepted, Blocked, type Mail, Mailer, MailerError, sendTimeout, Transient } from "../Mailer.ts"
import { spanned } from "../Spanned.ts"
import * as Begin from "./Begin.ts"
import * as Connections from "./Connections.ts"
import * as Deck from "./Deck.ts"
import type { Answer, Lost } from "./Exchange.ts"
import * as Gate from "./Gate.ts"
import { type Outcome, outcome, type Unauthorized, unanswered } from "./outcome.ts"
import { Places } from "./Places.ts"
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
  const places = new Places(inFlight)
  /** As the last request was; before the first one as if it were slow. */
  let width = Deck.widthOf(Infinity, inFlight)
  /** A mail was accepted lately, so that there are a way and a token, which is replaced long before it expires. */
  let flowsUntil = -Infinity
  /** Mails that are begun: they have a place, or wait for one. */
  let begun = 0
  const url = `${mailboxUrl(sender)}/sendMail`
  const constant = { "return-client-request-id": "true", "content-type": "text/plain" }

  const request = ({ body, correlationId }: Begin.Composed, token: Redacted.Redacted, millis: number) =>
    Effect.withFiber<Outcome>((fiber) => {
      const headers = {
        authorization: `Bearer ${Redacted.value(token)}`,
        "client-request-id": correlationId,
        ...constant
      }
      const asked = connections.request({ url, headers, body }, Duration.millis(millis))
      const told = Effect.match({
        onFailure: unanswered,
        onSuccess: (answer: Answer) => outcome(answer, fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())
      })
      return fiber.getRef(References.TracerEnabled) ? traced(asked, told) : told(asked)
    })

  /** The token was refused: once more, with a fresh one, if that ends before `end`. */
  const onceMore = Effect.fnUntraced(function* (
    composed: Begin.Composed,
    token: Redacted.Redacted,
    { detail }: Unauthorized,
    end: number
  ) {
    const left = Effect.map(elapsed, (now) => end - now)
    yield* tokens.invalidate(token)
    const late = tooLate(`${detail}, and no time was left to try again.`)
    const fresh = yield* tokens.get.pipe(
      Effect.timeoutOrElse({
        duration: Duration.millis((yield* left) - Duration.toMillis(least)),
        orElse: () => new MailerError({ reason: late })
      })
    )
    const time = yield* left
    if (time < Duration.toMillis(least)) return late
    const second = yield* request(composed, fresh, time)
    if (second._tag === "Unauthorized") yield* tokens.invalidate(fresh)
    return second
  })

  const inPlace = (composed: Begin.Composed, token: Redacted.Redacted, end: number) =>
    Effect.withFiber<Accepted, MailerError>((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const start = elapsedOf(clock)
      if (start > end - Duration.toMillis(worthwhile)) return Effect.fail(new MailerError({ reason: noTime }))
      const answered = (result: Outcome) => {
        width = Deck.widthOf(elapsedOf(clock) - start, inFlight)
        flowsUntil = result._tag === "Accepted" ? start + Duration.toMillis(refreshMargin) : -Infinity
        return accepted(result)
      }
      return Effect.flatMap(request(composed, token, end - start), (first) =>
        first._tag === "Unauthorized"
          ? Effect.flatMap(onceMore(composed, token, first, end), answered)
          : answered(first)
      )
    })

  const token = gate.prepare(Effect.interruptible(tokens.get))

  // Interruptible only where it says so, whatever the caller's region: a caller that is uninterruptible itself is never
  // robbed of an outcome at the end of this.
  const sendWith =
    (deck: Places) =>
    <C, B, R>(
      compose: Effect.Effect<Mail, C, R>,
      begin: Effect.Effect<void, B, R>,
      asked?: number
    ): Effect.Effect<Accepted, MailerError | C | B, R> => {
      const sent = Effect.withFiber<Accepted, MailerError | C | B, R>((fiber) => {
        const clock = fiber.getRef(Clock.Clock)
        const share = width
        const has = { deck: false, begun: false, place: false }
        const all = Effect.flatMap(token, (bearer) => {
          has.begun = true
          begun++
          const from = asked ?? elapsedOf(clock)
          return Effect.flatMap(Begin.compose(begin, compose, asked, clock), ({ composed, told }) => {
            const end = Math.min(told + Duration.toMillis(sendTimeout), from + Duration.toMillis(markIsGood))
            return places.takeFor(() => {
              has.place = true
              deck.give(share)
              // The gate is asked again, behind the places: who waited for one while it closed is refused, and frees it at once.
              return gate.guard(inPlace(composed, bearer, end))
            })
          })
        })
        has.deck = deck.takeNow(share)
        const waited = () => Effect.map(Effect.interruptible(deck.take(share)), () => (has.deck = true))
        return Effect.onExitPrimitive(has.deck ? all : Effect.andThen(waited(), all), () => {
          if (has.begun) begun--
          if (has.place) places.give(1)
          else if (has.deck) deck.give(share)
          return undefined
        })
      })
      return sending(Effect.uninterruptible(sent))
    }
  const find = yield* Search.make(sender, gate, places)
  const mailer = Effect.sync(() =>
    Mailer.of({
      send: sendWith(new Places(Deck.permits)),
      find,
      standing: gate.standing,
      places: Effect.map(elapsed, (now) => {
        const all = now < flowsUntil ? inFlight + Deck.room(width) : 0
        return { all, free: Math.max(0, all - begun) }
      })
    })
  )
  const box: Mailbox = { mailer }
  return box
})

const sending = spanned("Mailer.send")

const traced = (
  asked: Effect.Effect<Answer, Lost>,
  told: (asked: Effect.Effect<Answer, Lost>) => Effect.Effect<Outcome>
) =>
  Effect.tap(asked, ({ status }) => Effect.annotateCurrentSpan("http.response.status_code", status)).pipe(
    told,
    Effect.tap((result) =>
      result._tag === "Accepted"
        ? Effect.void
        : Effect.annotateCurrentSpan({ "error.type": result._tag, "error.message": result.detail })
    ),
    Effect.withSpan("send", { kind: "client" })
  )

const tooLate = (detail: string) => new Transient({ detail, retryAfter: undefined })

const noTime = tooLate("The requests in flight, or the database, took too long.")

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
