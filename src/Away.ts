// How long each database was away, as this worker has seen it: kept in its own outbox when it is back, so that the receipt
// of the day can tell, also after a restart. What was shorter than ten seconds is a restart, and is not kept.
import { Clock, Duration, Effect, SubscriptionRef } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "./Connection.ts"
import type { Database } from "./Database.ts"
import { works } from "./Incidents.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Status } from "./State.ts"

const every = Duration.seconds(2)
const least = Duration.seconds(10)
const keptDays = 40

interface Interval {
  readonly from: number
  readonly to: number
}

/** `since` tells since when a database is away, if it is; `watch` looks for ever. */
export const make = (databases: ReadonlyArray<Database>) => {
  const began = new Map<string, number>()
  const unwritten = new Map<string, Array<Interval>>()

  const look = Effect.fnUntraced(function* (statuses: ReadonlyMap<string, Status>) {
    const now = yield* Clock.currentTimeMillis
    for (const database of databases) {
      const state = statuses.get(database.name)?.state
      if (state === undefined || database.capture === "notify") continue
      if (!works(state)) {
        if (!began.has(database.name)) began.set(database.name, now)
        continue
      }
      const from = began.get(database.name)
      began.delete(database.name)
      if (from !== undefined && now - from >= Duration.toMillis(least)) {
        unwritten.set(database.name, [...(unwritten.get(database.name) ?? []), { from, to: now }])
      }
      const intervals = unwritten.get(database.name)
      if (intervals === undefined) continue
      unwritten.delete(database.name)
      // It may go away again at once: then it is written down with the next.
      yield* write(database, intervals).pipe(
        Effect.catch(() =>
          Effect.sync(() => unwritten.set(database.name, [...intervals, ...(unwritten.get(database.name) ?? [])]))
        ),
        Effect.forkChild
      )
    }
  })

  return {
    since: (name: string): number | undefined => began.get(name),
    watch: Effect.fnUntraced(function* (statuses: SubscriptionRef.SubscriptionRef<ReadonlyMap<string, Status>>) {
      while (true) {
        yield* look(yield* SubscriptionRef.get(statuses))
        yield* Effect.sleep(every)
      }
    })
  }
}

const write = (database: Database, intervals: ReadonlyArray<Interval>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const seconds = (times: ReadonlyArray<number>) => times.map((time) => time / 1_000)
    yield* orOutage(sql`
      with old as (
        delete from inquiries_mailer.away
        where database_name = ${database.name} and ended_at < now() - ${keptDays}::integer * interval '1 day'
      )
      insert into inquiries_mailer.away (database_name, began_at, ended_at)
      select ${database.name}, to_timestamp(i.began), to_timestamp(i.ended)
      from unnest(${seconds(intervals.map(({ from }) => from))}::float8[], ${seconds(intervals.map(({ to }) => to))}::float8[])
        as i (began, ended)`)
  }).pipe(Effect.provide(Connection.once(database.address)))
