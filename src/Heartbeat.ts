// Whether somebody answers on a connection on which nothing may happen for hours. Whatever is answered there proves it; where
// nothing was for a while a question is asked, and a peer that owes an answer is cut off: 14 s after the last one.
import { Clock, Duration, Effect } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** Also keeps NAT tables warm. */
const every = Duration.seconds(10)
/** Longer than the statements that a question may have to wait for, see `Lent.hold`. */
const patience = Duration.seconds(4)
/** After its time is up what has arrived in the meantime is still read: this process may have been away itself. */
const indulgence = Duration.millis(50)

/** An interrupted question would wait for the peer: `cutOff` ends it at once. */
export const make = Effect.fnUntraced(function* (
  question: Effect.Effect<unknown, SqlError>,
  cutOff: Effect.Effect<void>
) {
  let last = yield* Clock.currentTimeMillis
  const answered = Effect.map(Clock.currentTimeMillis, (now) => void (last = now))
  const tooLong = Effect.sleep(patience).pipe(
    Effect.andThen(Effect.delay(cutOff, indulgence)),
    Effect.andThen(Effect.never)
  )
  const beat = Effect.gen(function* () {
    const due = last + Duration.toMillis(every) - (yield* Clock.currentTimeMillis)
    if (due > 0) return yield* Effect.sleep(due)
    yield* orOutage(Effect.raceFirst(question, tooLong))
    yield* answered
  })
  const alive: Effect.Effect<never, Outage> = Effect.forever(beat)
  return { alive, answered }
})
