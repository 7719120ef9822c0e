// Pausing a database, which an operator does and nobody else: while its name stands in the outbox's schema no replica
// claims anything of it. What is in hand is finished, rows are captured, sweep and prune go on. Each claim asks, so that
// no replica can miss it; the notification only makes it soon.
import { DateTime, Effect, Latch } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { channel } from "./Connection.ts"
import type { DatabaseName } from "./Database.ts"
import { instant } from "./Shown.ts"
import { orOutage } from "./SqlOutage.ts"

/** Whether anybody here is paused, perhaps under another name. */
export const anyPaused = "exists (select from inquiries_mailer.pauses)"

/** SQL: since when the database is paused to which the tables `t (number)` belong; null if it is not. */
export const pausedSince = `min((select ${instant("p.since")} from inquiries_mailer.tables r
  join inquiries_mailer.pauses p on p.database_name = r.database_name where r.number = t.number))`

interface Answer {
  readonly since: string
  /** False: it was so before. */
  readonly changed: boolean
}

/** Pauses. */
export const pause = Effect.fn("Pause.pause")(function* (database: DatabaseName) {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<Answer>`
    insert into inquiries_mailer.pauses as p (database_name) values (${database})
    on conflict (database_name) do update set database_name = excluded.database_name
    returning ${sql.literal(instant("p.since"))} as since, xmax = 0 as changed, pg_notify(${channel}, '{"paused":true}')`)
  return { since: row?.since, changed: row?.changed === true }
})

/** Resumes; `since` is when it was paused. */
export const resume = Effect.fn("Pause.resume")(function* (database: DatabaseName) {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<Pick<Answer, "since">>`
    delete from inquiries_mailer.pauses p where p.database_name = ${database}
    returning ${sql.literal(instant("p.since"))} as since, pg_notify(${channel}, '{"paused":false}')`)
  return { since: row?.since, changed: row !== undefined }
})

/** Since when it is paused, if it is. */
export const since = Effect.fn("Pause.since")(function* (database: DatabaseName) {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<Pick<Answer, "since">>`
    select ${sql.literal(instant("p.since"))} as since from inquiries_mailer.pauses p
    where p.database_name = ${database}`)
  return row?.since
})

/** The same in memory, for the one process in which it is. */
export interface Switch {
  readonly since: string | undefined
  /** Says whether that is a change. */
  readonly set: (paused: boolean) => Effect.Effect<boolean>
  /** Ends at the next change. For one who waits. */
  readonly changed: Effect.Effect<void>
}

export const switched = (): Switch => {
  const latch = Latch.makeUnsafe(false)
  let since: string | undefined
  return {
    get since() {
      return since
    },
    set: (paused) =>
      Effect.map(DateTime.now, (now) => {
        if (paused === (since !== undefined)) return false
        since = paused ? `${DateTime.formatIso(now).slice(0, 19)}Z` : undefined
        latch.openUnsafe()
        return true
      }),
    changed: Effect.andThen(latch.await, Effect.asVoid(latch.close))
  }
}
