// Whether the triggers still stand. A table that has lost its own is mailed from late, by the sweep, or not at all: each
// loss and each return is reported once. So is one that notifies nobody where somebody listens: rows wait for the poll then.
import { Effect } from "effect"
import type { Prepared, Tables } from "./Batch.ts"
import * as Capture from "./Capture.ts"
import { orOutage } from "./SqlOutage.ts"

/** Numbers of tables. */
export interface Faults {
  /** Without a trigger. */
  readonly lost: Set<number>
  /** Whose trigger was made for `wake: poll`, though this worker listens. */
  readonly mute: Set<number>
}

export const noFaults = (): Faults => ({ lost: new Set(), mute: new Set() })

/** Notes whether a table's trigger stands and notifies whoever listens, and says what is new. */
export const note = Effect.fn("Trigger.note")(function* (
  { lost, mute }: Faults,
  { armed, notifies, number }: Capture.Registration,
  { database, description }: Pick<Prepared, "database" | "description">
) {
  const table = `table ${description.schema}.${description.name}`
  if (turns(lost, number, !armed)) {
    yield* armed
      ? Effect.logInfo(`${table} has its trigger again: rows that come from now on are mailed`)
      : Effect.logError(
          `${table} has lost its trigger, new rows are mailed late or not at all: run \`inquiries-mailer migrate\``
        )
  }
  if (turns(mute, number, armed && !notifies && database.wake === "listen") && armed) {
    yield* notifies
      ? Effect.logInfo(`the trigger of ${table} notifies again: rows are mailed at once`)
      : Effect.logWarning(
          `the trigger of ${table} notifies nobody, as it was set up for wake=poll, and rows wait for the next poll: run \`inquiries-mailer migrate\``
        )
  }
})

/** Whether that is news. */
const turns = (faults: Set<number>, number: number, faulty: boolean): boolean => {
  if (faulty === faults.has(number)) return false
  if (faulty) faults.add(number)
  else faults.delete(number)
  return true
}

/** Looks at all tables again. */
export const look = Effect.fn("Trigger.look")(function* (faults: Faults, tables: Tables) {
  for (const prepared of tables.values()) {
    const registration = yield* orOutage(Capture.find(prepared.database.name, prepared.description))
    if (registration !== undefined) yield* note(faults, registration, prepared)
  }
})
