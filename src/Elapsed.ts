// The time that nobody can set: what a limit is measured with, while the wall clock may jump.
import { Clock, Effect } from "effect"

/** Milliseconds since whenever. */
export const elapsed: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1e6)
