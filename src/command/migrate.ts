// `migrate`: outbox and triggers into every configured database, side by side. One that cannot be reached stops no other.
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as Connection from "../Connection.ts"
import type { Database } from "../Database.ts"
import { dryRun } from "../DryRun.ts"
import { endWith, exitCodes } from "../ExitStatus.ts"
import { grants } from "../Grants.ts"
import type { Report } from "../Migrate.ts"
import { migrate } from "../Migrate.ts"
import { type Report as Uninstalled, uninstall } from "../Uninstall.ts"
import { refuse } from "./choose.ts"
import { settings } from "./settings.ts"

/** Databases that are migrated at once. */
const concurrency = 4

const adopt = Flag.Boolean("adopt").pipe(
  Flag.withDefault(false),
  Flag.withDescription(
    "Say of a copy of another database that it is the real one now. What came along unsettled is parked, because the original has probably mailed it."
  )
)

const dryRunFlag = Flag.Boolean("dry-run").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Change nothing: print what would be done now, as an SQL script with comments.")
)

const uninstallFlag = Flag.Boolean("uninstall").pipe(
  Flag.withDefault(false),
  Flag.withDescription(
    "Take away all that migrate has made, and nothing else. Refuses while notices wait to be mailed."
  )
)

const force = Flag.Boolean("force").pipe(
  Flag.withDefault(false),
  Flag.withDescription("With --uninstall: also where notices wait, which are then never mailed.")
)

const only = Flag.String("database").pipe(Flag.optional, Flag.withDescription("Only this one, by its name."))

/** PostgreSQL takes this name for everybody, also in quotes. */
const isRole = (name: string) => name !== "" && name !== "public"

const grantTo = Flag.String("grants").pipe(
  Flag.filter(isRole, (name) => `must name a role, and "${name}" is none`),
  Flag.withDescription("Change nothing: print the rights that a worker with this role needs, as statements."),
  Flag.withMetavar("role"),
  Flag.optional
)

const handler = Effect.fn("command.migrate")(function* (flags: {
  readonly adopt: boolean
  readonly database: Option.Option<string>
  readonly dryRun: boolean
  readonly force: boolean
  readonly grants: Option.Option<string>
  readonly uninstall: boolean
}) {
  const { databases } = yield* settings
  const modes = [flags.adopt, flags.dryRun, flags.uninstall, Option.isSome(flags.grants)]
  if (modes.filter(Boolean).length > 1) {
    return yield* refuse("one of --adopt, --dry-run, --uninstall and --grants, not several")
  }
  if (flags.force && !flags.uninstall) return yield* refuse("--force goes with --uninstall only")
  const names = databases.map(({ name }) => name)
  const name = Option.getOrUndefined(flags.database)
  const chosen = databases.filter((each) => name === undefined || each.name === name)
  if (chosen.length === 0) return yield* refuse(`no database is called ${name}`)
  const one = (database: Database) => {
    if (Option.isSome(flags.grants)) return grantOne(database, flags.grants.value)
    // Also what an earlier setting left behind.
    if (flags.uninstall) return uninstallOne(database, flags.force)
    if (database.capture === "notify") return spare(database)
    return flags.dryRun ? dryRunOne(database, names) : migrateOne(database, names, flags.adopt)
  }
  const codes = yield* Effect.forEach(chosen, one, {
    // Two names may have one outbox, which goes with the last of them.
    concurrency: flags.uninstall ? 1 : concurrency
  })
  yield* endWith(codes)
})

const migrateOne = (database: Database, names: ReadonlyArray<Database["name"]>, adopt: boolean) =>
  migrate(database, names, adopt).pipe(
    Effect.provide(Connection.once(database.address)),
    Effect.matchEffect({
      onSuccess: (report) =>
        Effect.as(say(database, sentences(report)), report.refused.length > 0 ? exitCodes.settings : undefined),
      onFailure: ({ reason }) =>
        Effect.as(say(database, [`not migrated: ${reason}. The others are not affected.`]), exitCodes.unavailable)
    })
  )

/** A script on standard output, whatever else is to be said on the other. */
const dryRunOne = (database: Database, names: ReadonlyArray<Database["name"]>) =>
  dryRun(database, names).pipe(
    Effect.provide(Connection.once(database.address)),
    Effect.matchEffect({
      onSuccess: ({ refused, script }) =>
        Effect.gen(function* () {
          if (script !== undefined) yield* Console.log(script)
          for (const reason of refused) yield* Console.error(`${database.name}: cannot watch it: ${reason}`)
          return refused.length > 0 ? exitCodes.settings : undefined
        }),
      onFailure: ({ reason }) => Effect.as(Console.error(`${database.name}: ${reason}`), exitCodes.unavailable)
    })
  )

const uninstallOne = (database: Database, force: boolean) =>
  uninstall(database.name, force).pipe(
    Effect.provide(Connection.once(database.address)),
    Effect.matchEffect({
      onSuccess: (report) =>
        Effect.as(say(database, farewell(report)), report.refused === undefined ? undefined : exitCodes.settings),
      onFailure: ({ reason }) =>
        Effect.as(say(database, [`not uninstalled: ${reason}. The others are not affected.`]), exitCodes.unavailable)
    })
  )

const farewell = ({ found, otherNames, refused, removed, unmailed }: Uninstalled): ReadonlyArray<string> => [
  ...removed.map((table) => `no longer watches ${table}`),
  ...(refused === undefined ? [] : [`not uninstalled: ${refused}`]),
  ...(unmailed > 0 ? [`${unmailed} notices are gone that were not mailed`] : []),
  ...(refused !== undefined
    ? []
    : !found
      ? ["nothing is installed here"]
      : otherNames.length > 0
        ? [`uninstalled; the outbox stays for ${otherNames.join(", ")}`]
        : ["uninstalled: nothing of it is left here"])
]

const spare = (database: Database) =>
  Effect.as(say(database, ["nothing is installed: its capture is notify"]), undefined)

/** Statements on standard output, whatever else is to be said on the other: it may be piped. */
const grantOne = (database: Database, role: string) =>
  grants(database, role).pipe(
    Effect.provide(Connection.once(database.address)),
    Effect.matchEffect({
      onSuccess: (found) =>
        "refused" in found
          ? Effect.as(Console.error(`${database.name}: cannot watch it: ${found.refused}`), exitCodes.settings)
          : Effect.as(Console.log(found.join("\n")), undefined),
      onFailure: ({ reason }) => Effect.as(Console.error(`${database.name}: ${reason}`), exitCodes.unavailable)
    })
  )

const say = ({ name }: Database, lines: ReadonlyArray<string>) =>
  Effect.forEach(lines, (line) => Console.log(`${name}: ${line}`), { discard: true })

const sentences = (report: Report): ReadonlyArray<string> => [
  ...(report.migrations.length > 0 ? [`ran ${report.migrations.join(", ")}`] : []),
  ...report.installed.map((table) => `watches ${table}: rows that come from now on are mailed`),
  ...report.unchanged.map((table) => `watches ${table}: unchanged`),
  ...report.removed.map((table) => `no longer watches ${table}: it is not configured any more`),
  ...(report.parked > 0
    ? [`parked ${report.parked} notices that came along from another database, which has probably mailed them`]
    : []),
  ...report.refused.map((reason) => `cannot watch it: ${reason}`),
  ...report.otherNames.map(
    (name) => `also set up here under the name ${name}, which this configuration does not know: its notices wait for it`
  )
]

export const migrateCommand = Command.make(
  "migrate",
  { adopt, database: only, dryRun: dryRunFlag, force, grants: grantTo, uninstall: uninstallFlag },
  handler
).pipe(
  Command.withDescription(
    "Put the outbox and the triggers into every configured database. May be run again at any time, beside running workers."
  )
)
