// One bearer token of one credential, for any number of fibers. There is never more than one acquisition under way, it
// belongs to the cache (whoever waits may be interrupted), it starts ahead of expiry while the old token is still
// served, and after a failure it rests: nobody stampedes the login.
import { Clock, Context, Duration, Effect, Exit, Fiber, Layer, Redacted, Scope, SynchronizedRef } from "effect"
import { MailerError, type MailerReason, Transient } from "../Mailer.ts"

export interface AcquiredToken {
  readonly token: Redacted.Redacted
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** How long before its expiry a token is replaced; a fifth of its life where that is shorter. */
export const refreshMargin = Duration.minutes(5)

/** Not served so shortly before its expiry (a tenth of a short life): the request has to arrive, and clocks differ. */
export const leeway = Duration.seconds(10)

/** The rest after a failed acquisition: doubles from the first to the last, and is never shorter than Retry-After. */
export const coolDown = { first: Duration.seconds(5), last: Duration.seconds(60) }

interface Held extends AcquiredToken {
  readonly refreshAt: number
  readonly serveUntil: number
}

interface Failed {
  readonly error: MailerError
  readonly until: number
  readonly rest: Duration.Duration
}

interface State {
  readonly held: Held | undefined
  readonly failed: Failed | undefined
  readonly flight: Fiber.Fiber<AcquiredToken, MailerError> | undefined
}

export class TokenCache extends Context.Service<
  TokenCache,
  {
    /** At once while a token is valid or the cache rests after a failure; otherwise when the acquisition ends. */
    readonly get: Effect.Effect<Redacted.Redacted, MailerError>
    /** Drops the token only if it is still the one that was refused. */
    readonly invalidate: (refused: Redacted.Redacted) => Effect.Effect<void>
  }
>()("inquiries-mailer/Mailer/TokenCache") {
  static readonly layer = <R>(acquire: Effect.Effect<AcquiredToken, MailerError, R>) =>
    Layer.effect(TokenCache, make(acquire))
}

export const make = Effect.fnUntraced(function* <R>(acquire: Effect.Effect<AcquiredToken, MailerError, R>) {
  const scope = yield* Scope.Scope
  const context = yield* Effect.context<R>()
  const state = yield* SynchronizedRef.make<State>({ held: undefined, failed: undefined, flight: undefined })

  const settle = Effect.fnUntraced(function* (exit: Exit.Exit<AcquiredToken, MailerError>) {
    const now = yield* Clock.currentTimeMillis
    const before = yield* SynchronizedRef.getAndUpdate(state, (current) => settled(current, exit, now))
    const error = Exit.findErrorOption(exit)
    if (error._tag === "Some" && before.held !== undefined && serves(before.held, now)) {
      yield* Effect.logWarning(
        `Renewing the access token failed, the present one goes on being used: ${error.value.message}`
      )
    }
  })

  const acquisition = acquire.pipe(Effect.onExit(settle), Effect.provideContext(context))

  const start = Effect.forkIn(acquisition, scope, { uninterruptible: false })

  const step = Effect.fnUntraced(function* (current: State, now: number) {
    const { failed, flight, held } = current
    const resting = failed !== undefined && now < failed.until
    if (held !== undefined && serves(held, now)) {
      const renew = flight === undefined && !resting && now >= held.refreshAt
      return [Effect.succeed(held.token), renew ? { ...current, flight: yield* start } : current] as const
    }
    if (resting && flight === undefined) return [remaining(failed, now), current] as const
    const joined = flight ?? (yield* start)
    return [Effect.map(Fiber.join(joined), ({ token }) => token), { ...current, flight: joined }] as const
  })

  // The step is uninterruptible, so that a started flight is always recorded and none is started beside it.
  const get = Clock.clockWith((clock) => {
    const now = clock.currentTimeMillisUnsafe()
    const { held } = SynchronizedRef.getUnsafe(state)
    return held !== undefined && now < held.refreshAt
      ? Effect.succeed(held.token)
      : Effect.flatten(Effect.uninterruptible(SynchronizedRef.modifyEffect(state, (current) => step(current, now))))
  })

  const invalidate = (refused: Redacted.Redacted) =>
    SynchronizedRef.update(state, (current) =>
      current.held !== undefined && Redacted.value(current.held.token) === Redacted.value(refused)
        ? { ...current, held: undefined }
        : current
    )

  return TokenCache.of({ get, invalidate })
})

const serves = (held: Held, now: number) => now < held.serveUntil

const settled = (current: State, exit: Exit.Exit<AcquiredToken, MailerError>, now: number): State => {
  if (Exit.isSuccess(exit)) {
    const { expiresAt, token } = exit.value
    const refreshAt = expiresAt - Math.min(Duration.toMillis(refreshMargin), (expiresAt - now) / 5)
    const serveUntil = expiresAt - Math.min(Duration.toMillis(leeway), (expiresAt - now) / 10)
    const held = { token, expiresAt, refreshAt, serveUntil }
    return { held, failed: undefined, flight: undefined }
  }
  const error = Exit.findErrorOption(exit)
  if (error._tag === "None") return { ...current, flight: undefined }
  const rest =
    current.failed === undefined ? coolDown.first : Duration.min(Duration.times(current.failed.rest, 2), coolDown.last)
  const pause = Duration.max(rest, asked(error.value.reason) ?? Duration.zero)
  return {
    held: current.held,
    failed: { error: error.value, until: now + Duration.toMillis(pause), rest },
    flight: undefined
  }
}

const asked = (reason: MailerReason): Duration.Duration | undefined =>
  "retryAfter" in reason ? reason.retryAfter : undefined

/** The same failure; what the login asked to wait for counts down. */
const remaining = ({ error, until }: Failed, now: number): MailerError =>
  error.reason._tag === "Transient" && error.reason.retryAfter !== undefined
    ? new MailerError({
        reason: new Transient({ detail: error.reason.detail, retryAfter: Duration.millis(until - now) })
      })
    : error
