// `migrate`: outbox and triggers into every configured database, side by side. One that cannot be reached stops no other.
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import * as Connection from "../Connection.ts"
import type { Database } from "../Database.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import type { Report } from "../Migrate.ts"
import { migrate } from "../Migrate.ts"
import { settings } from "./settings.ts"

/** Databases that are migrated at once. */
const concurrency = 4

const handler = Effect.fn("command.migrate")(function* () {
  const { databases } = yield* settings
  const names = databases.map(({ name }) => name)
  const codes = yield* Effect.forEach(
    databases,
    (database) => (database.capture === "notify" ? spare(database) : migrateOne(database, names)),
    { concurrency }
  )
  for (const code of [exitCodes.unavailable, exitCodes.settings]) {
    if (codes.includes(code)) return yield* new ExitStatus({ code })
  }
})

const migrateOne = (database: Database, names: ReadonlyArray<Database["name"]>) =>
  migrate(database, names).pipe(
    Effect.provide(Connection.once(database.address)),
    Effect.matchEffect({
      onSuccess: (report) =>
        Effect.as(say(database, sentences(report)), report.refused.length > 0 ? exitCodes.settings : undefined),
      onFailure: ({ reason }) =>
        Effect.as(say(database, [`not migrated: ${reason}. The others are not affected.`]), exitCodes.unavailable)
    })
  )

const spare = (database: Database) =>
  Effect.as(say(database, ["nothing is installed: its capture is notify"]), undefined)

const say = ({ name }: Database, lines: ReadonlyArray<string>) =>
  Effect.forEach(lines, (line) => Console.log(`${name}: ${line}`), { discard: true })

const sentences = (report: Report): ReadonlyArray<string> => [
  ...(report.migrations.length > 0 ? [`ran ${report.migrations.join(", ")}`] : []),
  ...report.installed.map((table) => `watches ${table}: rows that come from now on are mailed`),
  ...report.unchanged.map((table) => `watches ${table}: unchanged`),
  ...report.removed.map((table) => `no longer watches ${table}: it is not configured any more`),
  ...report.refused.map((reason) => `cannot watch it: ${reason}`),
  ...report.otherNames.map(
    (name) => `also set up here under the name ${name}, which this configuration does not know: its notices wait for it`
  )
]

export const migrateCommand = Command.make("migrate", {}, handler).pipe(
  Command.withDescription(
    "Put the outbox and the triggers into every configured database. May be run again at any time, beside running workers."
  )
)
