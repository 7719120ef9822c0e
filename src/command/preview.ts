// `preview`: real rows as mails, in files and as a line each on the terminal. Sends nothing.
import { Console, Effect, Option, type PlatformError } from "effect"
import { Command, Flag } from "effect/cli"
import * as Connection from "../Connection.ts"
import type { Database, Table } from "../Database.ts"
import { showTable } from "../Database.ts"
import { endWith, exitCodes } from "../ExitStatus.ts"
import type { Mail } from "../Mailer.ts"
import type { Which } from "../Preview.ts"
import { preview } from "../Preview.ts"
import * as Files from "../PreviewFiles.ts"
import { cleanLine } from "../template/sanitize.ts"
import { refuse } from "./choose.ts"
import { settings } from "./settings.ts"

/** All are in memory at once, up to a megabyte each. */
const most = 100

const flags = {
  database: Flag.String("database").pipe(Flag.optional, Flag.withDescription("Only this one, by its name.")),
  table: Flag.String("table").pipe(Flag.optional, Flag.withDescription("Only this one, with its schema or without.")),
  last: Flag.Int("last").pipe(
    Flag.filter(
      (count) => count >= 1 && count <= most,
      (count) => `must be from 1 to ${most}, and ${count} is not`
    ),
    Flag.optional,
    Flag.withDescription("So many of the newest rows of each table; 1 if nothing is said.")
  ),
  id: Flag.String("id").pipe(
    Flag.between(0, most),
    Flag.withDescription("The row with this primary key; may be given several times.")
  ),
  out: Flag.String("out").pipe(
    Flag.withDefault("inquiries-preview"),
    Flag.withMetavar("folder"),
    Flag.withDescription("Where the files go; made if it is missing.")
  )
}

interface Flags {
  readonly database: Option.Option<string>
  readonly table: Option.Option<string>
  readonly last: Option.Option<number>
  readonly id: ReadonlyArray<string>
  readonly out: string
}

interface Target {
  readonly database: Database
  readonly tables: ReadonlyArray<Table>
}

const handler = Effect.fn("command.preview")(function* ({ database, id, last, out, table }: Flags) {
  const { databases } = yield* settings
  const targets = chosen(databases, Option.getOrUndefined(database), Option.getOrUndefined(table))
  if (typeof targets === "string") return yield* refuse(targets)
  if (id.length > 0 && Option.isSome(last)) return yield* refuse("--id or --last, not both")
  if (id.length > 0 && targets.flatMap(({ tables }) => tables).length > 1) {
    return yield* refuse("--id needs one table: choose it with --database and --table")
  }
  const which: Which = id.length > 0 ? { keys: id } : { last: Option.getOrElse(last, () => 1) }
  const unwritable = ({ message }: PlatformError.PlatformError) => refuse(`${out} cannot be written to: ${message}`)
  if (yield* Files.prepare(out).pipe(Effect.catch(unwritable))) {
    yield* Console.error(`note: others on this machine may look into ${out}; the files themselves are for you alone`)
  }
  const used = new Set<string>()
  const codes: Array<number | undefined> = []
  for (const target of targets) {
    const one = show(target, which, out, used).pipe(
      Effect.provide(Connection.once(target.database.address)),
      Effect.catchTags({
        PlatformError: unwritable,
        Outage: ({ reason }) =>
          Effect.as(
            Console.error(`${target.database.name}: no preview: ${reason}. The others are not affected.`),
            exitCodes.unavailable
          )
      })
    )
    codes.push(yield* one)
  }
  yield* endWith(codes)
})

/** What the flags mean, or why they mean nothing. */
const chosen = (databases: ReadonlyArray<Database>, database?: string, table?: string) => {
  const named = databases.filter(({ name }) => database === undefined || name === database)
  if (named.length === 0) return `no database is called ${database}`
  const targets = named.map((each): Target => {
    const is = ({ name }: Table) => table === undefined || [name.name, showTable(name)].includes(table)
    return { database: each, tables: each.tables.filter(is) }
  })
  const some = targets.filter(({ tables }) => tables.length > 0)
  return some.length === 0 && table !== undefined ? `no table is called ${table} in the settings` : some
}

const show = Effect.fnUntraced(function* ({ database, tables }: Target, which: Which, out: string, used: Set<string>) {
  let code: number | undefined
  for (const table of tables) {
    const found = yield* preview(database, table, which)
    if ("refused" in found) {
      yield* Console.error(`${database.name}: ${found.refused}`)
      code = exitCodes.settings
      continue
    }
    const { previewed, problems, title, unordered } = found
    for (const each of previewed) {
      const stem = yield* Files.write(out, [database.name, title], each, used)
      yield* Console.log(`${database.name}: ${cleanLine(`${title}, row ${each.key}`)}\n${lines(each.mail, stem)}\n`)
    }
    if (previewed.length === 0 && problems.length === 0) yield* Console.log(`${database.name}: ${title} has no row yet`)
    if (unordered && previewed.length > 0) {
      yield* Console.log(`${database.name}: nothing in ${title} says which rows are the newest; these are some`)
    }
    for (const problem of problems) yield* Console.error(`${database.name}: ${title}: ${problem}`)
    if (problems.length > 0) code = exitCodes.settings
  }
  return code
})

const lines = ({ cc, from, replyTo, subject, to }: Mail, stem: string): string =>
  [
    ["From", from],
    ["To", to.join(", ")],
    ...(cc.length > 0 ? [["Cc", cc.join(", ")]] : []),
    ["Reply-To", replyTo === undefined ? "none: the row has no single valid address" : shown(replyTo)],
    ["Subject", subject],
    ["Files", `${stem} (${Files.endings})`]
  ]
    .map(([name = "", value = ""]) => `  ${name.padEnd(9)} ${cleanLine(value)}`)
    .join("\n")

const shown = ({ address, name }: NonNullable<Mail["replyTo"]>) =>
  name === undefined ? address : `${name} <${address}>`

export const previewCommand = Command.make("preview", flags, handler).pipe(
  Command.withDescription("Show real rows as the mails they would be, in files. Nothing is sent.")
)
