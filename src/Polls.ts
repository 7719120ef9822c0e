// How often somebody looks for what is due, though nothing was notified; and what a child says of itself that nothing wakes.
import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Notifications } from "./Connection.ts"
import type { Database } from "./Database.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Self } from "./State.ts"

/** Where notifications should come, and do not come through. */
const pollUnheard = Duration.minutes(1)
/** Where nobody may be notified, see `Capture`. */
const pollWithoutNotify = Duration.seconds(5)

/** A child that nothing wakes says that it polls, and why. */
export const asWoken = (self: Self, deaf: Notifications["Service"]["deaf"], every: Duration.Duration): Self => {
  if (deaf === undefined) return self
  const reason =
    deaf === "wanted" ? "as it is set" : "no notification comes through (a pooler?), use the direct address"
  return { ...self, healthy: self.polling(`looks every ${Duration.format(every)}, ${reason}`, deaf === "wanted") }
}

/** Until somebody looks, whether or not anything is notified. */
export const interval = Effect.fnUntraced(function* (database: Database, deaf: Notifications["Service"]["deaf"]) {
  if (deaf === "wanted") return database.pollEvery
  if (deaf === "unheard") return Duration.min(database.pollEvery, pollUnheard)
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<{ readonly off: boolean }>`
    select current_setting('max_prepared_transactions') = '0' as off`)
  return row?.off === true ? database.pollEvery : Duration.min(database.pollEvery, pollWithoutNotify)
})
