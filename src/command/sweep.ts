// `sweep`: shows the rows that no trigger captured and that are too many to be mailed unasked; mails or dismisses them.
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as Capture from "../Capture.ts"
import * as Catalog from "../Catalog.ts"
import * as Connection from "../Connection.ts"
import type { Database } from "../Database.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { orOutage } from "../SqlOutage.ts"
import type { Found } from "../Sweep.ts"
import { type Decision, fuse, sweep } from "../Sweep.ts"
import { choose, refuse } from "./choose.ts"
import { settings } from "./settings.ts"

const flags = {
  approve: Flag.Boolean("approve").pipe(Flag.withDefault(false), Flag.withDescription("Mail what waits.")),
  dismiss: Flag.Boolean("dismiss").pipe(Flag.withDefault(false), Flag.withDescription("Never mail what waits.")),
  database: Flag.String("database").pipe(Flag.optional, Flag.withDescription("Only this one, by its name."))
}

interface Flags {
  readonly approve: boolean
  readonly dismiss: boolean
  readonly database: Option.Option<string>
}

const handler = Effect.fn("command.sweep")(function* ({ approve, database, dismiss }: Flags) {
  const { databases } = yield* settings
  const chosen = yield* choose(databases, Option.getOrUndefined(database))
  if (approve && dismiss) return yield* refuse("--approve or --dismiss, not both")
  const decision = approve ? "approve" : dismiss ? "dismiss" : "look"
  let reached = true
  for (const each of chosen.filter(({ capture }) => capture !== "notify")) {
    const say = (line: string) => Console.log(`${each.name}: ${line}`)
    yield* decide(each, decision, say).pipe(
      Effect.provide(Connection.once(each.address)),
      Effect.catch(({ reason }) => {
        reached = false
        return say(`not swept: ${reason}. The others are not affected.`)
      })
    )
  }
  if (!reached) return yield* new ExitStatus({ code: exitCodes.unavailable })
})

const decide = Effect.fnUntraced(function* (
  { name, tables, timeZone }: Database,
  decision: Decision | "look",
  say: (line: string) => Effect.Effect<void>
) {
  for (const table of tables) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) {
      yield* say(description.refused)
      continue
    }
    const registration = yield* orOutage(Capture.find(name, description))
    const title = `${description.schema}.${description.name}`
    if (registration === undefined) yield* say(`${title}: is not set up: run \`inquiries-mailer migrate\``)
    else {
      const found = yield* sweep(registration.number, { description, table, timeZone }, decision)
      yield* say(`${title}: ${sentence(found)}`)
    }
  }
})

const sentence = ({ count, outcome, unswept, waiting }: Found): string => {
  switch (unswept) {
    case "unordered":
      return "is not swept: its keys do not grow, and it has no createdAt column"
    case "unknown":
      return "is not swept yet: run `inquiries-mailer migrate`"
    case "busy":
      return "is being swept by a worker: try again"
    case undefined:
      break
  }
  if (outcome === "mailed") return `${count} rows are mailed now`
  if (outcome === "dismissed") return `${count} rows will not be mailed`
  if (waiting > 0)
    return `${count} rows were not captured by its trigger and wait: --approve mails them, --dismiss does not`
  if (count > 0) return `${count} rows were not captured by its trigger: no more than ${fuse}, the worker mails them`
  return "nothing waits"
}

export const sweepCommand = Command.make("sweep", flags, handler).pipe(
  Command.withDescription("Show the rows that no trigger captured and that wait for a decision; mail or dismiss them.")
)
