// What every command begins with: the settings, or all their mistakes on standard error and exit code 78.
import { Console, Effect } from "effect"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import * as Settings from "../Settings.ts"
import type { SettingsError } from "../Settings/SettingsError.ts"

export const wrongSettings = (error: SettingsError) =>
  Effect.andThen(Console.error(error.message), Effect.fail(new ExitStatus({ code: exitCodes.settings })))

export const settings = Settings.load.pipe(Effect.catchTag("SettingsError", wrongSettings))
