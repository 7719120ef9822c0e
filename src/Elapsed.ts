// The time that nobody can set: what a limit is measured with, while the wall clock may jump.
import { Clock, Effect } from "effect"

/** Milliseconds since whenever. */
export const elapsed: Effect.Effect<number> = Effect.withFiberSucceed((fiber) => elapsedOf(fiber.getRef(Clock.Clock)))

/** The same for whoever has the clock at hand. */
export const elapsedOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
