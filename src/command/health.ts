// `health`: whether the running worker lives, as an exit code for containers. Nothing else is looked at: a database that
// is away is no reason to kill the worker that waits for it.
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { SettingsError } from "../Settings/SettingsError.ts"
import { ask } from "./askWorker.ts"
import { settings, wrongSettings } from "./settings.ts"

const unset = new SettingsError({
  issues: [{ at: "PORT", problem: "is not set, so the worker answers nobody", example: "PORT=8080" }]
})

const handler = Effect.fn("command.health")(function* () {
  const { endpoint } = yield* settings
  if (endpoint === undefined) return yield* wrongSettings(unset)
  const wrong = yield* ask(endpoint, "/healthz").pipe(
    Effect.map(({ status }) => (status === 200 ? undefined : `what answers there says ${status}`)),
    Effect.catch(({ reason }) => Effect.succeed(reason))
  )
  if (wrong === undefined) return yield* Console.log("the worker lives")
  yield* Console.error(wrong)
  return yield* new ExitStatus({ code: exitCodes.broken })
})

export const healthCommand = Command.make("health", {}, handler).pipe(
  Command.withDescription("Ask the running worker whether it lives: 0 if it does, 1 if not. For containers.")
)
