// `parked`: what was set aside, and what a person decides about it. Says of every notice that it changes which one it is.
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Database } from "../Database.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { messageId, type NoticeId } from "../Notice.ts"
import { Operator } from "../Operator.ts"
import { type Changed, type Reason, reasons, type Selection, type Shown } from "../Parked.ts"
import type { Outage } from "../State.ts"
import { choose, refuse } from "./choose.ts"
import { settings } from "./settings.ts"

const json = Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("For a machine to read."))
const database = Flag.String("database").pipe(Flag.optional, Flag.withDescription("Only this one, by its name."))
const narrowing = {
  database,
  table: Flag.String("table").pipe(Flag.optional, Flag.withDescription("Only this table, as name or schema.name.")),
  reason: Flag.Literals("reason", reasons).pipe(Flag.optional, Flag.withDescription("Only what was parked for this."))
}
const notice = Argument.String("notice")

interface Narrowing {
  readonly database: Option.Option<string>
  readonly table: Option.Option<string>
  readonly reason: Option.Option<Reason>
}

/** Does the same in each chosen database, side by side. One that cannot be asked stops no other, and the end is 75. */
const each = Effect.fnUntraced(function* <A>(
  name: Option.Option<string>,
  work: (operator: Operator["Service"], database: Database) => Effect.Effect<A, Outage>
) {
  const { databases } = yield* settings
  const chosen = yield* choose(databases, Option.getOrUndefined(name))
  const asked = Effect.fnUntraced(function* (database: Database) {
    const result = yield* Effect.result(work(yield* Operator, database))
    if (result._tag === "Success") return [{ database, found: result.success }]
    yield* Console.error(`${database.name}: ${result.failure.reason}. The others are not affected.`)
    return []
  })
  const answers = yield* Effect.forEach(chosen, asked, { concurrency: "unbounded" }).pipe(
    Effect.provide(Operator.layer(databases))
  )
  const end =
    answers.flat().length === chosen.length ? Effect.void : Effect.fail(new ExitStatus({ code: exitCodes.unavailable }))
  return { answers: answers.flat(), end }
})

const list = Effect.fn("command.parked.list")(function* (flags: Narrowing & { readonly json: boolean }) {
  const selection: Selection = {
    table: Option.getOrUndefined(flags.table),
    reason: Option.getOrUndefined(flags.reason)
  }
  const { answers, end } = yield* each(flags.database, (operator, { name }) => operator.parked(name, selection))
  if (flags.json) {
    const all = answers.flatMap(({ database, found }) =>
      found.notices.map((each) => ({ database: database.name, ...each }))
    )
    yield* Console.log(JSON.stringify(all, undefined, 2))
    return yield* end
  }
  for (const { database, found } of answers) {
    if (found.notices.length === 0) yield* Console.log(`${database.name}: nothing is parked`)
    for (const { detail, id, key, parkedAt, reason, table } of found.notices) {
      yield* Console.log(`${database.name}: ${id}  ${parkedAt}  ${table} #${key}  ${reason}\n    ${detail}`)
    }
    if (found.more) yield* Console.log(`${database.name}: … and more; these are the newest ${found.notices.length}`)
  }
  return yield* end
})

const show = Effect.fn("command.parked.show")(function* (flags: {
  readonly id: string
  readonly database: Option.Option<string>
  readonly json: boolean
}) {
  const { answers, end } = yield* each(flags.database, (operator, { name }) => operator.show(name, flags.id))
  for (const { database, found } of answers) {
    if (found === undefined) continue
    const whole = { database: database.name, ...found, messageId: messageId(found.id, database.envelope.from) }
    return yield* Console.log(flags.json ? JSON.stringify(whole, undefined, 2) : lines(whole))
  }
  yield* end
  return yield* refuse("no notice has this id; `inquiries-mailer parked list` shows the ids of what is parked")
})

const lines = (notice: Shown & { readonly messageId: string; readonly id: NoticeId }): string =>
  Object.entries(notice)
    .flatMap(([name, value]) => (value === null || value === "" ? [] : [`${name.padEnd(15)} ${String(value)}`]))
    .join("\n")

const changing = (what: "retry" | "discard") =>
  Effect.fn(`command.parked.${what}`)(function* (
    flags: Narrowing & { readonly id: Option.Option<string>; readonly all: boolean }
  ) {
    const selection: Selection = {
      id: Option.getOrUndefined(flags.id),
      table: Option.getOrUndefined(flags.table),
      reason: Option.getOrUndefined(flags.reason)
    }
    const narrowed = Object.values(selection).some((value) => value !== undefined)
    if (narrowed === flags.all) {
      return yield* refuse(
        `say which: the id of a notice, --reason, --table, or else --all: inquiries-mailer parked ${what} …`
      )
    }
    const { answers, end } = yield* each(flags.database, (operator, { name }) => operator.change(name, what, selection))
    const changed = answers.flatMap(({ found }) => found)
    if (flags.id._tag === "Some" && changed.length === 0) {
      yield* end
      return yield* refuse("no parked notice has this id; `inquiries-mailer parked list` shows them")
    }
    for (const { database, found } of answers) {
      if (found.length > 0 || selection.id === undefined) yield* sayChanged(database, what, found)
    }
    return yield* end
  })

/** Named one by one; many more would be no help. */
const named = 50

const sayChanged = Effect.fnUntraced(function* (
  { name }: Database,
  what: "retry" | "discard",
  changed: ReadonlyArray<Changed>
) {
  const superseded = changed.filter(({ outcome }) => outcome === "superseded").length
  const verb = what === "retry" ? "put back into the queue" : "discarded, and will never be mailed"
  yield* Console.log(`${name}: ${changed.length - superseded} ${verb}`)
  if (superseded > 0) {
    yield* Console.log(`${name}: ${superseded} left alone for good: a newer row has taken their key and its own notice`)
  }
  for (const { id, key, outcome, reason, table } of changed.slice(0, named)) {
    yield* Console.log(`${name}: ${id}  ${table} #${key}  was parked: ${reason}  now: ${outcome}`)
  }
  if (changed.length > named) yield* Console.log(`${name}: … and ${changed.length - named} more`)
})

const choice = {
  ...narrowing,
  id: notice.pipe(Argument.optional, Argument.withDescription("The id of one notice, as `parked list` shows it.")),
  all: Flag.Boolean("all").pipe(Flag.withDefault(false), Flag.withDescription("Everything that is parked."))
}

export const parkedCommand = Command.make("parked").pipe(
  Command.withDescription("Notices that were set aside after a permanent failure: look, send after all, or discard."),
  Command.withSubcommands([
    Command.make("list", { ...narrowing, json }, list).pipe(Command.withDescription("What is parked, and why.")),
    Command.make("show", { id: notice, database, json }, show).pipe(Command.withDescription("All about one notice.")),
    Command.make("retry", choice, changing("retry")).pipe(
      Command.withDescription("Put parked notices back into the queue; they are sent under the Message-ID they had.")
    ),
    Command.make("discard", choice, changing("discard")).pipe(
      Command.withDescription("Settle parked notices for good: they are never mailed.")
    )
  ])
)
