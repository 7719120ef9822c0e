// `status`: how every configured database stands, read from the databases themselves. One that is away is shown as that.
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { countLimit, type Counts } from "../Counts.ts"
import type { Database } from "../Database.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { Operator } from "../Operator.ts"
import { choose } from "./choose.ts"
import { settings } from "./settings.ts"

const flags = {
  database: Flag.String("database").pipe(
    Flag.optional,
    Flag.withDescription("Only this one, by its name, with what it mailed last.")
  ),
  json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("For a machine to read."))
}

interface Flags {
  readonly database: Option.Option<string>
  readonly json: boolean
}

type Standing = { readonly database: string } & (Counts | { readonly unknown: string })

const handler = Effect.fn("command.status")(function* ({ database, json }: Flags) {
  const { databases } = yield* settings
  const chosen = yield* choose(databases, Option.getOrUndefined(database))
  const one = ({ name }: Database) =>
    Operator.use(({ counts }) => counts(name)).pipe(
      Effect.map((counts): Standing => ({ database: name, ...counts })),
      Effect.catch(({ reason }) => Effect.succeed<Standing>({ database: name, unknown: reason }))
    )
  const all = yield* Effect.forEach(chosen, one, { concurrency: "unbounded" }).pipe(
    Effect.provide(Operator.layer(databases))
  )
  yield* Console.log(json ? JSON.stringify(all, undefined, 2) : table(all, Option.isSome(database)))
  if (all.some((each) => "unknown" in each)) return yield* new ExitStatus({ code: exitCodes.unavailable })
})

const titles = ["database", "state", "waiting", "oldest", "uncertain", "parked", "sent 24 h", "gone 24 h", "last mail"]

/** Columns, and below them what does not fit into one. */
export const table = (all: ReadonlyArray<Standing>, withRecent: boolean): string => {
  const rows = [titles, ...all.map(cells)]
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  const aligned = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  )
  return [...aligned, ...all.flatMap((each) => notes(each, withRecent))].join("\n")
}

const cells = (each: Standing): ReadonlyArray<string> => {
  if ("unknown" in each) return [each.database, "not known", ...titles.slice(2).map(() => "-")]
  return [
    each.database,
    each.pausedSince === null ? "not paused" : "paused",
    number(each.waiting),
    span(each.oldestWaitingSeconds),
    number(each.uncertain),
    number(Object.values(each.parked).reduce((sum, count) => sum + count, 0)),
    number(each.sent),
    number(each.gone),
    each.lastSentAt ?? "-"
  ]
}

const notes = (each: Standing, withRecent: boolean): ReadonlyArray<string> => {
  const note = (text: string) => `${each.database}: ${text}`
  if ("unknown" in each) return [note(each.unknown)]
  const parked = Object.entries(each.parked).map(([reason, count]) => `${number(count)} ${reason}`)
  return [
    ...(each.pausedSince === null
      ? []
      : [note(`paused since ${each.pausedSince}; \`inquiries-mailer resume\` ends it`)]),
    ...(parked.length === 0 ? [] : [note(`parked: ${parked.join(", ")}; see \`inquiries-mailer parked list\``)]),
    ...(withRecent ? each.recent.map(({ at, key, outcome, table }) => note(`${at} ${table} #${key} ${outcome}`)) : [])
  ]
}

const number = (count: number): string => (count >= countLimit ? `${count} or more` : String(count))

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1]
] as const

/** In the largest unit that fits, cut off: it is for a glance. */
const span = (seconds: number | null): string => {
  if (seconds === null) return "-"
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? ["s", 1]
  return `${Math.floor(seconds / size)} ${unit}`
}

export const statusCommand = Command.make("status", flags, handler).pipe(
  Command.withDescription("How every database stands: what waits, what was parked, what was mailed last.")
)
