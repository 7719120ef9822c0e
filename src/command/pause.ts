// `pause` and `resume`: an operator stops the mails of a database, and lets them go again.
import { Console, Duration, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { Database } from "../Database.ts"
import { endWith, exitCodes } from "../ExitStatus.ts"
import { Operator, type PauseAnswer } from "../Operator.ts"
import { choose, refuse } from "./choose.ts"
import { settings } from "./settings.ts"

const parameters = {
  name: Argument.String("database").pipe(
    Argument.optional,
    Argument.withDescription("The name of one configured database.")
  ),
  all: Flag.Boolean("all").pipe(Flag.withDefault(false), Flag.withDescription("Every configured database."))
}

interface Parameters {
  readonly name: Option.Option<string>
  readonly all: boolean
}

const handler = (what: "pause" | "resume") =>
  Effect.fn(`command.${what}`)(function* ({ all, name }: Parameters) {
    const { databases } = yield* settings
    if (all === Option.isSome(name))
      return yield* refuse(`name one database, or give --all: inquiries-mailer ${what} …`)
    const chosen = yield* choose(databases, Option.getOrUndefined(name))
    const one = Effect.fnUntraced(function* (database: Database) {
      const operator = yield* Operator
      const said = yield* Effect.result(operator[what](database.name))
      if (said._tag === "Failure") {
        yield* Console.error(`${database.name}: not ${what}d: ${said.failure.reason}`)
        return exitCodes.unavailable
      }
      const answer = said.success
      yield* Console.log(`${database.name}: ${sentence(what, answer, database)}`)
      return answer.seen === "nobody" ? exitCodes.settings : undefined
    })
    const codes = yield* Effect.forEach(chosen, one, { concurrency: "unbounded" }).pipe(
      Effect.provide(Operator.layer(databases))
    )
    yield* endWith(codes)
  })

const sentence = (what: "pause" | "resume", { changed, seen, since }: PauseAnswer, { pollEvery }: Database): string => {
  if (seen === "nobody" || seen === "process") {
    return `not ${what}d: nothing is installed here (capture notify), so that can be kept in the worker's own process only: ask it over HTTP`
  }
  const soon =
    seen === "seconds"
      ? "every worker sees it within seconds"
      : `a worker sees it at its next poll (${Duration.format(pollEvery)})`
  if (what === "resume") return changed ? `resumed, after a pause since ${since}: ${soon}` : "was not paused"
  return changed
    ? `paused: what is in hand is finished, rows are captured and wait; ${soon}`
    : `is paused already, since ${since}`
}

export const pauseCommand = Command.make("pause", parameters, handler("pause")).pipe(
  Command.withDescription("Mail nothing from a database until it is resumed. Its rows are captured, and wait.")
)

export const resumeCommand = Command.make("resume", parameters, handler("resume")).pipe(
  Command.withDescription("Mail again from a paused database, beginning with what has waited.")
)
