// The built program as a child process, exactly as in production: one file, configured by its environment alone, ended
// by a signal. It does not outlive the demo, not even one that was killed.
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { ended } from "../stage/ended.ts"
import { home } from "../stage/PostgresProcess.ts"

const file = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

type Variables = Readonly<Record<string, string>>
type Say = (line: string) => void

/** One that a signal ended has failed. */
const exitCode = (child: ChildProcess) => Effect.map(ended(child), (code) => code ?? 1)

const launch = (args: ReadonlyArray<string>, env: Variables, cwd: string, say: Say) => {
  // A group of its own: Ctrl-C reaches the demo, and the demo ends it in its turn.
  const child = spawn(process.execPath, [file, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"]
  })
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", say)
  return child
}

/** Starts `migrate`, then `run`; the latter lives as long as the scope. Both in an empty folder: no `.env` is read. */
export const start = Effect.fn("Worker.start")(function* (env: Variables, say: Say) {
  const { directory, watch } = yield* home(undefined)
  const child = (command: string) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = launch([command], env, directory, say)
        watch(child.pid)
        return child
      }),
      (child) =>
        Effect.suspend(() => {
          child.kill("SIGTERM")
          return ended(child)
        }).pipe(Effect.andThen(Effect.sync(() => watch(undefined))))
    )
  const migrated = yield* Effect.scoped(Effect.flatMap(child("migrate"), exitCode))
  if (migrated !== 0) return { migrated, ended: Effect.succeed(migrated) }
  return { migrated, ended: exitCode(yield* child("run")) }
})

export const shownPath = path.relative(process.cwd(), file)
