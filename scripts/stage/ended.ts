// The end of a child process.
import { Effect } from "effect"
import type { ChildProcess } from "node:child_process"

/** Resolves when it has ended and all of its output is read: with its exit code, or null if a signal ended it. */
export const ended = (child: ChildProcess): Effect.Effect<number | null> =>
  Effect.callback((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.succeed(child.exitCode))
    child.once("close", (code) => resume(Effect.succeed(code)))
  })
