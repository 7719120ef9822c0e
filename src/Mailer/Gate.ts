// The standing of one mailbox. A throttle closes it for as long as Microsoft asked; a block closes it until one mail, the
// probe, finds it repaired. A send that meets a closed gate fails at once with the reason that closed it.
import { Clock, Duration, Effect, Exit } from "effect"
import { type Blocked, MailerError, type MailerReason, type Standing, Throttled } from "../Mailer.ts"

/** Between the probes of a blocked mailbox: doubles from the first to the last. */
export const probing = { first: Duration.seconds(30), last: Duration.minutes(5) }

/** While a probe is under way nobody can say when it ends: look again so soon. */
export const underway = Duration.seconds(1)

export type State =
  | { readonly _tag: "Open" }
  | { readonly _tag: "Paused"; readonly until: number; readonly reason: Throttled }
  | BlockedState

interface BlockedState {
  readonly _tag: "Blocked"
  readonly reason: Blocked
  readonly probeAt: number
  readonly delay: Duration.Duration
  readonly probe: boolean
}

/** What became of an admitted send; `Nothing` if it ended without telling anything about the mailbox. */
export type Outcome = { readonly _tag: "Sent" } | { readonly _tag: "Nothing" } | MailerReason

export const open: State = { _tag: "Open" }

export const standing = (state: State, now: number): Standing => {
  switch (state._tag) {
    case "Open":
      return open
    case "Paused":
      return now < state.until
        ? { _tag: "Closed", wait: Duration.millis(state.until - now), reason: paused(state, now) }
        : open
    case "Blocked": {
      if (!state.probe && now >= state.probeAt) return { _tag: "Probe", reason: state.reason }
      const wait = state.probe ? underway : Duration.millis(state.probeAt - now)
      return { _tag: "Closed", wait, reason: state.reason }
    }
  }
}

/** Whether a send is refused, and the state afterwards: for one that is not, that object is its ticket for `settle`. */
export const admit = (state: State, now: number): readonly [Throttled | Blocked | undefined, State] => {
  const at = standing(state, now)
  if (at._tag === "Closed") return [at.reason, state]
  return [undefined, state._tag === "Blocked" ? { ...state, probe: true } : open]
}

/** A send that is not the probe of the present block may open or close the gate, but not prolong the block. */
export const settle = (state: State, ticket: State, outcome: Outcome, now: number): State => {
  const probed = state._tag === "Blocked" && state === ticket
  switch (outcome._tag) {
    case "Sent":
      return state._tag === "Blocked" ? open : state
    case "Nothing":
      return probed ? { ...state, probe: false } : state
    case "Blocked": {
      if (state._tag === "Blocked" && !probed) return state
      const delay = probed ? Duration.min(Duration.times(state.delay, 2), probing.last) : probing.first
      return { _tag: "Blocked", reason: outcome, probeAt: now + Duration.toMillis(delay), delay, probe: false }
    }
    case "Throttled": {
      if (state._tag === "Blocked" && !probed) return state
      const until = now + Duration.toMillis(outcome.retryAfter)
      return state._tag === "Paused" && state.until >= until ? state : { _tag: "Paused", until, reason: outcome }
    }
    default:
      return probed ? open : state
  }
}

const paused = (state: { readonly until: number; readonly reason: Throttled }, now: number): Throttled =>
  new Throttled({ detail: state.reason.detail, retryAfter: Duration.millis(state.until - now) })

type Guard = <A, E, R>(effect: Effect.Effect<A, MailerError | E, R>) => Effect.Effect<A, MailerError | E, R>

export interface Gate {
  /** Around what sends: its success opens a blocked gate, its failure may close it. */
  readonly guard: Guard
  /** Around what has to succeed before: its failure may close the gate, its success says nothing of the mailbox. */
  readonly prepare: Guard
  readonly standing: Effect.Effect<Standing>
}

export const make: Effect.Effect<Gate> = Effect.sync(() => {
  let state: State = open

  const through = (success: Outcome): Guard => {
    const watched = <A, E, R>(effect: Effect.Effect<A, E, R>, ticket: State, clock: Clock.Clock) =>
      Effect.onExitPrimitive(effect, (exit) => {
        state = settle(state, ticket, outcomeOf(exit, success), clock.currentTimeMillisUnsafe())
        return undefined
      })
    return (effect) =>
      Clock.clockWith((clock) =>
        // Nothing is taken that would have to be given back.
        state._tag === "Open"
          ? watched(effect, open, clock)
          : Effect.uninterruptibleMask((restore) => {
              const [refusal, ticket] = admit(state, clock.currentTimeMillisUnsafe())
              if (refusal !== undefined) return Effect.fail(new MailerError({ reason: refusal }))
              state = ticket
              return watched(restore(effect), ticket, clock)
            })
      )
  }

  return {
    guard: through({ _tag: "Sent" }),
    prepare: through(nothing),
    standing: Clock.clockWith((clock) => Effect.succeed(standing(state, clock.currentTimeMillisUnsafe())))
  }
})

const nothing: Outcome = { _tag: "Nothing" }

/** What an exit tells of the mailbox, where a success tells `success`. */
const outcomeOf = (exit: Exit.Exit<unknown, unknown>, success: Outcome): Outcome => {
  if (Exit.isSuccess(exit)) return success
  const error = Exit.findErrorOption(exit)
  return error._tag === "Some" && error.value instanceof MailerError ? error.value.reason : nothing
}
