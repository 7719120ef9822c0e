// One worker of the built file, as a process that is killed, frozen, told to end and started again. It ends with the
// scope, and soon after this process should that be killed.
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { ended } from "../stage/ended.ts"
import { home } from "../stage/PostgresProcess.ts"

export interface Worker {
  readonly name: string
  /** The origin at which it reaches the stand-in. */
  readonly door: string
  readonly start: Effect.Effect<void>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Undefined while it is down or frozen; another number after each start, and after each time that it was frozen. */
  readonly generation: () => number | undefined
  /** Signals it to end; how it did, with its exit code or null. */
  readonly end: (signal: NodeJS.Signals) => Effect.Effect<number | null>
}

export interface Options {
  readonly name: string
  readonly door: string
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  readonly hear: (line: string) => void
  /** Every process that was started. */
  readonly started: (pid: number) => void
  /** `wanted` if it was still to run. */
  readonly ended: (wanted: boolean, code: number | null) => void
}

export const make = Effect.fn("Worker.make")(function* (options: Options) {
  const { directory, watch } = yield* home(undefined)
  let child: ChildProcess | undefined
  let wanted = true
  let lives = 0
  let frozen = false

  const start = Effect.sync(() => {
    wanted = true
    frozen = false
    lives++
    const started = spawn(process.execPath, [options.file, "run"], {
      cwd: directory,
      env: options.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"]
    })
    child = started
    watch(started.pid)
    options.started(started.pid ?? 0)
    for (const stream of [started.stdout, started.stderr]) createInterface({ input: stream }).on("line", options.hear)
    started.once("exit", (code) => {
      options.ended(wanted, code)
    })
  })
  const signal = (name: NodeJS.Signals) => {
    if (name === "SIGSTOP" || name === "SIGCONT") frozen = name === "SIGSTOP"
    if (name === "SIGCONT") lives++
    child?.kill(name)
  }
  const end = (name: NodeJS.Signals) =>
    Effect.suspend(() => {
      wanted = false
      signal(name)
      return child === undefined ? Effect.succeed(null) : ended(child)
    })

  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      signal("SIGCONT")
      return end("SIGTERM")
    }).pipe(
      Effect.timeoutOrElse({ duration: "40 seconds", orElse: () => end("SIGKILL") }),
      Effect.andThen(Effect.sync(() => watch(undefined)))
    )
  )
  yield* start
  const worker: Worker = {
    ...{ name: options.name, door: options.door, start, signal, end },
    generation: () => (!wanted || frozen ? undefined : lives)
  }
  return worker
})
