// When the tables of one database are swept, and what is said of it: finds, and what waits for a decision as the database's
// state. A failure is said and tried again: it holds up no mail.
import { Duration, Effect } from "effect"
import type { Prepared, Tables } from "./Batch.ts"
import * as Said from "./Said.ts"
import type { Self } from "./State.ts"
import { Outage } from "./State.ts"
import { sweep } from "./Sweep.ts"

/** After a start mailing comes first. */
const first = Duration.seconds(5)
export const every = Duration.minutes(10)
/** Stands in the reason of a database in which rows await a decision. */
export const undecided = "too many to be mailed unasked"

/** Sweeps these tables for ever, each time when it is their turn. */
export const run = Effect.fnUntraced(function* (
  tables: Tables,
  self: Self,
  inTurn: <E, R>(round: Effect.Effect<void, E, R>) => Effect.Effect<void, E, R>
) {
  const once = inTurn(round(tables, self))
  yield* Effect.sleep(first)
  return yield* Effect.forever(Effect.andThen(once, Effect.sleep(every)))
})

/** One round; run again and again it says what is new. */
export const round = (tables: Tables, self: Self) => {
  const swept = [...tables].map(([number, table]) => ({ number, table, say: Said.make() }))
  let held = false

  const one = Effect.fnUntraced(function* (number: number, { database: { timeZone }, description, table }: Prepared) {
    const name = `table ${description.schema}.${description.name}`
    const found = yield* sweep(number, { description, table, timeZone })
    if (found.count > 0 && found.outcome === "mailed") {
      yield* Effect.logWarning(`${name}: ${found.count} rows had not been captured by its trigger, and are mailed now`)
    }
    return found.waiting > 0 ? [`${found.waiting} rows of ${name} were not captured by its trigger`] : []
  })

  return Effect.gen(function* () {
    const waiting: Array<string> = []
    for (const { number, say, table } of swept) {
      const about = `table ${table.description.schema}.${table.description.name} could not be swept`
      waiting.push(
        ...(yield* one(number, table).pipe(
          Effect.tap(() => say(undefined)),
          Effect.catch(({ reason }) => Effect.as(say(`${about}: ${reason}`), []))
        ))
      )
    }
    if (waiting.length > 0) {
      const reason = `${waiting.join(", ")}: ${undecided}. Everything else is mailed. Look with \`inquiries-mailer sweep\`, then decide with --approve or --dismiss`
      yield* self.ailing(new Outage({ state: "blocked", reason }))
    } else if (held) yield* self.healthy
    held = waiting.length > 0
  })
}
