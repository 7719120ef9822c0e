// The built worker over many databases as a child process, seen from outside: which of them it listens to, what it costs,
// and how late its event loop turns.
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { ended } from "../stage/ended.ts"
import { costOf } from "./contestant.ts"

export interface LoopDelays {
  /** Milliseconds, since they were last asked for. */
  readonly p99: number
  readonly max: number
}

const isDelays = (message: unknown): message is LoopDelays =>
  typeof message === "object" && message !== null && "p99" in message && "max" in message

/** Ends with the scope. */
export const start = Effect.fn("watchedWorker.start")(function* (env: Readonly<Record<string, string>>) {
  const began = performance.now()
  const listening = new Set<string>()
  const waiting = new Set<() => void>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--import", "./scripts/bench/loop.mjs", "dist/main.js", "run"], {
        env: { ...env, PATH: process.env["PATH"] ?? "", LOG_FORMAT: "json" },
        stdio: ["ignore", "pipe", "inherit", "ipc"]
      })
    ),
    (child) =>
      Effect.suspend(() => {
        child.kill("SIGTERM")
        return ended(child)
      })
  )
  if (child.stdout === null) return yield* Effect.die("the worker has no output")
  createInterface({ input: child.stdout }).on("line", (line) => {
    const database = /"database":"([^"]+)"/.exec(line)?.[1]
    if (database === undefined || !line.includes(`"message":"listening"`)) return
    listening.add(database)
    for (const look of waiting) look()
  })
  /** Seconds from the start until so many were listened to. */
  const listensTo = (count: number) =>
    Effect.callback<number, string>((resume) => {
      const look = () => {
        if (listening.size < count) return
        waiting.delete(look)
        resume(Effect.succeed((performance.now() - began) / 1_000))
      }
      waiting.add(look)
      child.once("exit", (code) => resume(Effect.fail(`the worker ended with ${code}`)))
      look()
    })
  const delays = Effect.callback<LoopDelays>((resume) => {
    child.once("message", (message) => {
      if (isDelays(message)) resume(Effect.succeed(message))
    })
    child.send("delays")
  })
  return { listensTo, delays, cost: Effect.sync(() => costOf(child.pid ?? 0)) }
})
