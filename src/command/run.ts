// `run`: the worker itself. Lives until it is interrupted; then it lets the sends in flight settle.
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import * as App from "../App.ts"
import * as Garbage from "../Garbage.ts"
import * as Telemetry from "../Telemetry.ts"
import { SettingsError } from "../Settings/SettingsError.ts"
import { settings, wrongSettings } from "./settings.ts"

export const work = Effect.fn("command.run")(function* () {
  const loaded = yield* settings
  yield* Garbage.bounded(loaded.databases.length)
  const databases = loaded.databases.map(({ name }) => name).join(", ")
  const telemetry = Telemetry.layer(loaded.log, loaded.otel)
  return yield* Effect.logInfo(`watching ${loaded.databases.length} databases: ${databases}`).pipe(
    Effect.andThen(Layer.launch(App.layer(loaded.databases, loaded))),
    Effect.catchTag("HttpRefused", ({ at, problem, example }) =>
      wrongSettings(new SettingsError({ issues: [{ at, problem, example }] }))
    ),
    Effect.onInterrupt(() => Effect.logInfo("stopped: every send that had begun is settled, or named above")),
    Effect.provide(telemetry)
  )
})

export const runCommand = Command.make("run", {}, work).pipe(
  Command.withDescription("Watch every configured database and mail each new row. This is the default.")
)
