// What is measured: a program as a child process that turns rows of one database into mails, with what it costs.
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { ended } from "../stage/ended.ts"

export interface Contestant {
  readonly name: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
}

export interface Cost {
  /** Seconds of processor time so far, user and system. */
  readonly cpu: number
  /** The most bytes of memory there ever were. */
  readonly peak: number
  /** Those there are now. */
  readonly rss: number
}

/** Clock ticks a second on every Linux that Node runs on (USER_HZ). */
const ticks = 100

export const costOf = (pid: number): Cost => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0)
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / ticks,
    peak: kilobytes("VmHWM") * 1024,
    rss: kilobytes("VmRSS") * 1024
  }
}

/** Starts it, resolves when it says that it listens, and ends it with the scope. */
export const start = Effect.fn("contestant.start")(function* ({ args, env, name }: Contestant) {
  const began = performance.now()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] })),
    (child) =>
      Effect.suspend(() => {
        child.kill("SIGTERM")
        return ended(child)
      })
  )
  yield* Effect.callback<void, string>((resume) => {
    child.once("exit", (code) => resume(Effect.fail(`${name} ended with ${code}`)))
    const lines = createInterface({ input: child.stdout }).on("line", (line) => {
      if (!line.includes("listening")) return
      // What it logs from now on is taken, and not looked at: the stand-in has this thread, too.
      lines.close()
      child.stdout.resume()
      resume(Effect.void)
    })
  })
  return { cost: Effect.sync(() => costOf(child.pid ?? 0)), up: performance.now() - began }
})
