// The words for how a supervised child fares. An expected outage is a state with a plain reason; only a bug is a crash.
import type { DateTime, Effect } from "effect"
import { Schema } from "effect"

/**
 * An expected outage: the child cannot do its work now, and trying again is the answer. `waiting` heals by itself,
 * `blocked` needs somebody to repair what `reason` says. Neither text holds a secret or customer data.
 */
export class Outage extends Schema.TaggedError<Outage>()("Outage", {
  state: Schema.Literals(["waiting", "blocked"]),
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}

export type State =
  | { readonly _tag: "connecting" }
  | { readonly _tag: "listening" }
  /** Looks now and then, because it was `wanted` so or because nothing is notified; the reason says which. */
  | { readonly _tag: "polling"; readonly reason: string; readonly wanted: boolean }
  /** Another worker of the cluster runs it. */
  | { readonly _tag: "elsewhere" }
  /** An operator wants nothing to be mailed; the reason says since when. Rows are captured all the while. */
  | { readonly _tag: "paused"; readonly reason: string }
  | {
      readonly _tag: "waiting" | "blocked" | "quarantined"
      readonly reason: string
      /** Absent while the child still finishes what it had begun. */
      readonly nextAttempt: DateTime.Utc | undefined
    }

export interface Status {
  readonly state: State
  readonly since: DateTime.Utc
  /** Crashes without a healthy minute between. */
  readonly crashes: number
  /** All of them since the program began. */
  readonly allCrashes: number
  /** Starts after the first, for whatever reason. */
  readonly restarts: number
}

/** What a child tells whoever supervises it. */
export interface Self {
  /** From now on the child does its work. */
  readonly healthy: Effect.Effect<void>
  /** The same, of a child that nothing wakes. */
  readonly polling: (reason: string, wanted: boolean) => Effect.Effect<void>
  /** Since when an operator wants it to do nothing; undefined if he does not. It is as healthy as it was. */
  readonly paused: (since: string | undefined) => Effect.Effect<void>
  /** It is another worker's to run: this child waits until it is its own again. */
  readonly elsewhere: Effect.Effect<void>
  /** An outage has begun, though the child still finishes what it had begun. */
  readonly ailing: (outage: Outage) => Effect.Effect<void>
  /** Ends when the program is about to, and what cannot be finished is to be given up. */
  readonly givenUp: Effect.Effect<void>
}
