// When the tables of one database are swept, and what is said of it: a broken trigger once, finds, and what waits for a
// decision as the database's state. A failure is said and tried again: it holds up no mail.
import { Duration, Effect } from "effect"
import type { Prepared } from "./Batch.ts"
import * as Capture from "./Capture.ts"
import type { DatabaseName } from "./Database.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Self } from "./State.ts"
import { Outage } from "./State.ts"
import { sweep } from "./Sweep.ts"

/** After a start mailing comes first. */
const first = Duration.seconds(5)
const every = Duration.minutes(10)
/** Sweeps these tables for ever. That one cannot be swept is said, and holds up no mail. */
export const run = Effect.fnUntraced(function* (
  database: DatabaseName,
  tables: ReadonlyMap<number, Prepared>,
  self: Self
) {
  const said = new Map<string, string>()
  /** Once, and again after it was otherwise. */
  const sayOnce = (about: string, text: string | undefined, say: (text: string) => Effect.Effect<void>) =>
    Effect.suspend(() => {
      const before = said.get(about)
      said.set(about, text ?? "")
      return text === undefined || before === text ? Effect.void : say(text)
    })
  let held = false

  const one = Effect.fnUntraced(function* (number: number, { database: { timeZone }, description, table }: Prepared) {
    const name = `table ${description.schema}.${description.name}`
    const registration = yield* Capture.find(database, description).pipe(orOutage)
    const found = yield* sweep(number, { description, table, timeZone })
    const broken = registration?.armed === true ? undefined : lost[found.unswept ?? "swept"]
    yield* sayOnce(
      `${name} trigger`,
      broken && `${name} has lost its trigger, ${broken}: run \`inquiries-mailer migrate\``,
      Effect.logError
    )
    if (found.count > 0 && found.outcome === "mailed") {
      yield* Effect.logWarning(`${name}: ${found.count} rows had not been captured by its trigger, and are mailed now`)
    }
    return found.waiting > 0 ? [`${found.waiting} rows of ${name} were not captured by its trigger`] : []
  })

  const all = Effect.gen(function* () {
    const waiting: Array<string> = []
    for (const [number, table] of tables) {
      const about = `table ${table.description.schema}.${table.description.name} could not be swept`
      waiting.push(
        ...(yield* one(number, table).pipe(
          Effect.tap(() => sayOnce(about, undefined, Effect.logWarning)),
          Effect.catch(({ reason }) => Effect.as(sayOnce(about, `${about}: ${reason}`, Effect.logWarning), []))
        ))
      )
    }
    if (waiting.length > 0) {
      const reason = `${waiting.join(", ")}: too many to be mailed unasked. Everything else is mailed. Look with \`inquiries-mailer sweep\`, then decide with --approve or --dismiss`
      yield* self.ailing(new Outage({ state: "blocked", reason }))
    } else if (held) yield* self.healthy
    held = waiting.length > 0
  })

  yield* Effect.sleep(first)
  return yield* Effect.forever(Effect.andThen(all, Effect.sleep(every)))
})

/** What a broken trigger means. */
const lost = {
  swept: "new rows are only found every 10 minutes",
  busy: "new rows are only found every 10 minutes",
  unknown: "new rows are not mailed",
  unordered: "new rows are not mailed"
}
