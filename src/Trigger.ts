// Whether the triggers still stand. A table that has lost its own is mailed from late, by the sweep, or not at all: each
// loss and each return is reported once.
import { Effect } from "effect"
import type { Prepared, Tables } from "./Batch.ts"
import * as Capture from "./Capture.ts"
import { orOutage } from "./SqlOutage.ts"

/** Tables without a trigger, by their number. */
export type Lost = Set<number>

/** Notes whether a table's trigger stands, and says what is new. */
export const note = Effect.fn("Trigger.note")(function* (
  lost: Lost,
  { number, armed }: Capture.Registration,
  { schema, name }: Prepared["description"]
) {
  if (armed === !lost.has(number)) return
  if (armed) {
    lost.delete(number)
    return yield* Effect.logInfo(`table ${schema}.${name} has its trigger again: rows that come from now on are mailed`)
  }
  lost.add(number)
  yield* Effect.logError(
    `table ${schema}.${name} has lost its trigger, new rows are mailed late or not at all: run \`inquiries-mailer migrate\``
  )
})

/** Looks at all tables again. */
export const look = Effect.fn("Trigger.look")(function* (lost: Lost, tables: Tables) {
  for (const { database, description } of tables.values()) {
    const registration = yield* orOutage(Capture.find(database.name, description))
    if (registration !== undefined) yield* note(lost, registration, description)
  }
})
