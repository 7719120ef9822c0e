// A clock whose monotonic time a test moves on, while timers go by the live one: as in a process that was frozen.
import { Clock, Effect } from "effect"

export const movable = Effect.map(Clock.Clock, (live) => {
  const moved = { nanos: 0n }
  const clock: Clock.Clock = Object.assign(Object.create(live), {
    monotonicTimeNanosUnsafe: () => live.monotonicTimeNanosUnsafe() + moved.nanos
  })
  return { clock, moved }
})
