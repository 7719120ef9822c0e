// The end of a script's command line: a failure is one line, and the exit code.
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect } from "effect"

export const launch = <E>(script: Effect.Effect<void, E, NodeServices.NodeServices>): void =>
  script.pipe(
    Effect.tapError((error) => Console.error(typeof error === "string" ? `✗ ${error}` : error)),
    Effect.provide(NodeServices.layer),
    NodeRuntime.runMain({ disableErrorReporting: true })
  )
