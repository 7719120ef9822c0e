// The command line, and the one place where the program starts and ends.
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Option, type Runtime } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"
import project from "../package.json" with { type: "json" }
import { checkCommand } from "./command/check.ts"
import { healthCommand } from "./command/health.ts"
import { migrateCommand } from "./command/migrate.ts"
import { parkedCommand } from "./command/parked.ts"
import { pauseCommand, resumeCommand } from "./command/pause.ts"
import { previewCommand } from "./command/preview.ts"
import { receiptCommand } from "./command/receipt.ts"
import { runCommand, work } from "./command/run.ts"
import { statusCommand } from "./command/status.ts"
import { sweepCommand } from "./command/sweep.ts"
import { describeCrash } from "./Crash.ts"
import { exitCodes, ExitStatus } from "./ExitStatus.ts"

/**
 * Sends in flight get 20 s, and the databases a little to take the outcomes. What still hangs after that is a bug, and
 * must not keep a deploy waiting: its notices are begun, so the next process treats them as uncertain.
 */
const shutdownBudget = 25_000

const armShutdown = () => {
  // Outside the runtime, because a runtime that hangs is what it is for.
  // @effect-diagnostics-next-line globalTimers:off
  setTimeout(() => process.exit(exitCodes.software), shutdownBudget).unref()
}
process.once("SIGTERM", armShutdown)
process.once("SIGINT", armShutdown)

/** Interrupted is how a worker ends: that is success, not the 130 of an aborted command. */
const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return onExit(0)
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (error instanceof ExitStatus) return onExit(error.code)
  if (error === undefined) process.stderr.write(`crashed: ${describeCrash(exit.cause)}\n`)
  onExit(error === undefined ? exitCodes.software : 1)
}

/** Without the one for the log level, which is a setting: two places for one thing would contradict each other. */
const builtIns = [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions]

Command.make("inquiries-mailer", {}, work).pipe(
  Command.withDescription("Mails every new row of the watched tables through Microsoft Graph."),
  Command.withSubcommands([
    runCommand,
    migrateCommand,
    checkCommand,
    previewCommand,
    sweepCommand,
    statusCommand,
    receiptCommand,
    parkedCommand,
    pauseCommand,
    resumeCommand,
    healthCommand
  ]),
  Command.run({ version: project.version }),
  Effect.provide([NodeServices.layer, CliConfig.layer({ builtIns })]),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
