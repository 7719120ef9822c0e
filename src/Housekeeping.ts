// Sweep and prune beside the mails of one database: each in its own rhythm, or riding on polls where between two of them
// nothing may wake the database. Either way no mail waits for it.
import { Clock, Duration, Effect } from "effect"
import type { Tables } from "./Batch.ts"
import * as Connects from "./Connects.ts"
import * as Lent from "./Lent.ts"
import * as Prune from "./Prune.ts"
import type { Self } from "./State.ts"
import * as SweepRounds from "./SweepRounds.ts"

/** For ever. Of hundreds of databases few are at it at once; a sweep has a transaction, and so a connection beside the line. */
export const run = (tables: Tables, retention: Duration.Duration, self: Self) => {
  const [any] = tables.values()
  const inTurn = <E, R>(work: Effect.Effect<void, E, R>) =>
    any === undefined ? work : Connects.behind(any.database.address, work)
  return Effect.raceFirst(
    Prune.run([...tables.keys()], retention, inTurn),
    Lent.unhurried(SweepRounds.run(tables, self, inTurn))
  )
}

/** To be run at every poll: does what is due by then. True if there may be something to claim. */
export const atPolls = Effect.fn("Housekeeping.atPolls")(function* (
  tables: Tables,
  retention: Duration.Duration,
  self: Self
) {
  const swept = yield* seldom(SweepRounds.every, SweepRounds.round(tables, self))
  const pruned = yield* seldom(Prune.every, Prune.passes([...tables.keys()], retention))
  return Effect.zipWith(swept, pruned, (hasSwept) => hasSwept)
})

/** At most once in this time, however often it is run; a little early, where a poll would just miss it. Tells whether it ran. */
const seldom = <E, R>(every: Duration.Duration, self: Effect.Effect<void, E, R>) =>
  Effect.map(Clock.currentTimeMillis, (start) => {
    let next = start
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now < next) return Effect.succeed(false)
      next = now + 0.99 * Duration.toMillis(every)
      return Effect.as(self, true)
    })
  })
