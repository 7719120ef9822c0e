// Deletes what was settled long ago, in short statements, by whichever replica comes to it first. Only notices of these
// tables, and never one that is unsettled. It is housekeeping: that it fails stops no mail, and is said once.
import { Duration, Effect, identity, Schedule } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Said from "./Said.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"
import { prunable } from "./Watermark.ts"

/** After the mails that have waited for a start. */
const first = Duration.seconds(20)
export const every = Duration.minutes(10)
/** Rows a statement: some milliseconds, so that nobody waits for its locks and no lag piles up on a standby. */
const batch = 1_000
/** Between two full batches: other work goes first, and autovacuum keeps up. */
const breath = Duration.millis(200)

type Turn = <E, R>(pass: Effect.Effect<void, E, R>) => Effect.Effect<void, E, R>

/** Prunes these tables' notices for ever, each time when it is their turn. */
export const run = Effect.fn("Prune.run")(function* (
  tables: ReadonlyArray<number>,
  retention: Duration.Duration,
  inTurn: Turn = identity
) {
  yield* Effect.sleep(first)
  yield* Effect.repeat(inTurn(passes(tables, retention)), Schedule.spaced(every))
  return yield* Effect.never
})

/** A pass that never fails; run again and again, it says why it cannot delete when that changes. */
export const passes = (tables: ReadonlyArray<number>, retention: Duration.Duration) => {
  const say = Said.make()
  return prune(tables, retention).pipe(
    Effect.matchEffect({
      onSuccess: (deleted) =>
        Effect.andThen(
          say(undefined),
          deleted === 0 ? Effect.void : Effect.logInfo(`deleted ${deleted} notices that were settled long ago`)
        ),
      onFailure: ({ reason }: Outage) => say(`settled notices could not be deleted, tried again later: ${reason}`)
    })
  )
}

/** One pass, until nothing is old enough any more. Tells how many notices it deleted. */
export const prune = Effect.fn("Prune.prune")(function* (tables: ReadonlyArray<number>, retention: Duration.Duration) {
  const sql = yield* SqlClient
  let all = 0
  for (const table of tables) {
    while (true) {
      // `now()`, not clock_timestamp(), which no index condition may hold: it would read all that is too young.
      // Locked first: one that somebody is putting back into the queue is passed over, and found changed the next time.
      const rows = yield* orOutage(sql<{ readonly deleted: number }>`
        with old as materialized (
          select ctid as place from inquiries_mailer.outbox o
          where table_number = ${table}::integer and outcome is not null
            and settled_at < now() - ${Duration.toMillis(retention)}::float8 * interval '1 ms'
            and ${sql.literal(prunable)}
          order by settled_at limit ${batch} for update skip locked
        ),
        deleted as (delete from inquiries_mailer.outbox where ctid = any(array(select place from old)) returning 1)
        select count(*)::integer as deleted from deleted`)
      const deleted = rows[0]?.deleted ?? 0
      all += deleted
      if (deleted < batch) break
      yield* Effect.sleep(breath)
    }
  }
  return all
})
