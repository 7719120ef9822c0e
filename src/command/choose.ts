// Which of the configured databases a command is about; a name that none has ends it with 78 and the nearest one.
import { Console, Effect } from "effect"
import type { Database } from "../Database.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { nearest } from "../Settings/Nearest.ts"

/** All without a name. */
export const choose = Effect.fnUntraced(function* (databases: ReadonlyArray<Database>, name: string | undefined) {
  const chosen = databases.filter((each) => name === undefined || each.name === name)
  if (chosen.length > 0) return chosen
  const names = databases.map((each) => each.name)
  const near = nearest(name ?? "", names)
  const known = near === undefined ? `the configured ones are ${names.join(", ")}` : `did you mean ${near}?`
  return yield* refuse(`no configured database has this name: ${known}`)
})

/** Ends a command that cannot be done as it was asked for. */
export const refuse = (why: string): Effect.Effect<never, ExitStatus> =>
  Effect.andThen(Console.error(why), Effect.fail(new ExitStatus({ code: exitCodes.settings })))
