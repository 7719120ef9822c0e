// The built program as a child process, exactly as in production: one file, configured by its environment alone, ended
// by a signal. It does not outlive the demo, not even one that was killed.
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { home } from "../stage/PostgresProcess.ts"

const file = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

type Variables = Readonly<Record<string, string>>
type Say = (line: string) => void

const ended = (child: ChildProcess): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const done = () => resume(Effect.succeed(child.exitCode ?? 1))
    if (child.exitCode !== null || child.signalCode !== null) return done()
    child.once("close", done)
  })

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

/** Runs a command to its end and returns its exit code. `cwd` is an empty folder, so that no `.env` is read. */
const command = (args: ReadonlyArray<string>, env: Variables, cwd: string, say: Say): Effect.Effect<number> =>
  Effect.suspend(() => ended(launch(args, env, cwd, say)))

/** Starts `migrate`, then `run`; the latter lives as long as the scope. */
export const start = Effect.fn("Worker.start")(function* (env: Variables, say: Say) {
  const { directory, watch } = yield* home(undefined)
  const migrated = yield* command(["migrate"], env, directory, say)
  if (migrated !== 0) return { migrated, ended: Effect.succeed(migrated) }
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => launch(["run"], env, directory, say)),
    (child) =>
      Effect.andThen(
        Effect.sync(() => void child.kill("SIGTERM")),
        ended(child)
      )
  )
  watch(child.pid)
  return { migrated, ended: ended(child) }
})

export const shownPath = path.relative(process.cwd(), file)
