// Sends through Microsoft Graph's sendMail, as MIME. One for each (credential, mailbox), shared by all databases that use
// the pair: it holds that mailbox's standing and its places among the requests in flight.
import { Clock, Duration, Effect, Layer, Redacted, Semaphore } from "effect"
import type { Cloud } from "../Credential.ts"
import { type Accepted, Blocked, type Mail, Mailer, MailerError, sendTimeout, Transient, Uncertain } from "../Mailer.ts"
import * as Connections from "./Connections.ts"
import * as Gate from "./Gate.ts"
import * as Mime from "./Mime.ts"
import { type Outcome, outcome } from "./outcome.ts"
import { TokenCache } from "./TokenCache.ts"

export interface Sender {
  readonly cloud: Cloud
  /** The mailbox's address. */
  readonly from: string
}

/** Graph refuses a fifth concurrent request of one application to one mailbox. */
export const inFlight = 4

/** With less time than this a request is not begun again. */
const least = Duration.seconds(3)

export const layer = (sender: Sender) => Layer.effect(Mailer, make(sender))

export const make = Effect.fnUntraced(function* ({ cloud, from }: Sender) {
  const tokens = yield* TokenCache
  const connections = yield* Connections.Connections
  const gate = yield* Gate.make
  const places = yield* Semaphore.make(inFlight)
  const url = `${cloud.graph}/v1.0/users/${encodeURIComponent(from)}/sendMail`

  const request = Effect.fnUntraced(function* (
    mail: Mail,
    message: Buffer,
    token: Redacted.Redacted,
    time: Duration.Duration
  ): Effect.fn.Return<Outcome> {
    const headers = {
      authorization: `Bearer ${Redacted.value(token)}`,
      "client-request-id": mail.correlationId,
      "return-client-request-id": "true",
      "content-type": "text/plain"
    }
    const answer = yield* Connections.exchange({ url, headers, body: message.toString("base64") }, time).pipe(
      Effect.provideService(Connections.Connections, connections),
      Effect.catch((lost) => Effect.succeed(unanswered(lost)))
    )
    return "_tag" in answer ? answer : outcome(answer, yield* Clock.currentTimeMillis)
  })

  /** At most two requests: a second only if the token of the first was refused, and both within `sendTimeout`. */
  const deliver = Effect.fnUntraced(function* (mail: Mail, message: Buffer, token: Redacted.Redacted) {
    const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(sendTimeout)
    const left = Effect.map(Clock.currentTimeMillis, (now) => Duration.millis(end - now))

    const first = yield* request(mail, message, token, sendTimeout)
    if (first._tag !== "Unauthorized") return first
    yield* tokens.invalidate(token)
    const late = new Transient({ detail: `${first.detail}, and no time was left to try again.`, retryAfter: undefined })
    const fresh = yield* tokens.get.pipe(
      Effect.timeoutOrElse({
        duration: Duration.subtract(yield* left, least),
        orElse: () => new MailerError({ reason: late })
      })
    )
    const time = yield* left
    if (Duration.isLessThan(time, least)) return late
    const second = yield* request(mail, message, fresh, time)
    if (second._tag === "Unauthorized") yield* tokens.invalidate(fresh)
    return second
  })

  const attempt = Effect.fnUntraced(function* <E, R>(mail: Mail, message: Buffer, begin: Effect.Effect<void, E, R>) {
    const token = yield* Effect.interruptible(tokens.get)
    yield* begin
    return yield* accepted(yield* deliver(mail, message, token))
  })

  // Interruptible only where it says so, whatever the caller's region: a caller that is uninterruptible itself is never
  // robbed of an outcome at the end of this.
  const send = Effect.fn("Mailer.send")(function* <E, R>(
    mail: Mail,
    begin: Effect.Effect<void, E, R>
  ): Effect.fn.Return<Accepted, MailerError | E, R> {
    yield* Effect.annotateCurrentSpan({ correlationId: mail.correlationId })
    const message = yield* Mime.render(mail)
    // The gate is behind the places: who waited for one while it closed is refused, and frees it at once.
    yield* Effect.interruptible(places.take(1))
    return yield* Effect.ensuring(gate.guard(attempt(mail, message, begin)), places.release(1))
  }, Effect.uninterruptible)

  return Mailer.of({ send, standing: gate.standing })
})

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

const unanswered = ({ code, unsent }: Connections.Lost) =>
  unsent
    ? new Transient({ detail: `Microsoft Graph cannot be reached: ${code}.`, retryAfter: undefined })
    : new Uncertain({ detail: `The request to Microsoft Graph was not answered: ${code}.` })
