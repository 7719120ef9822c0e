// The demo as a child process in a temporary folder of its own, so that everything it leaves behind can be found.
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { livingIn } from "../../scripts/chaos/survivors.ts"
import { ended } from "../../scripts/stage/ended.ts"

/** PostgreSQL's user may enter it. */
const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "inquiries-mailer-demo-"))
    chmodSync(path, 0o755)
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const until = Effect.fnUntraced(function* (condition: () => boolean) {
  while (!condition()) yield* Effect.sleep(20)
})

/** Without `by` nobody can type: standard input is a pipe. */
export const startDemo = Effect.fn("startDemo")(function* (args: ReadonlyArray<string>, by?: "terminal") {
  const place = yield* folder
  const { child, said } = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const demo = [process.execPath, "--import", "tsx", "scripts/demo.ts", ...args]
      const [program = "", ...rest] =
        by === "terminal" ? ["/usr/bin/script", "-qefc", `exec ${demo.join(" ")}`, "/dev/null"] : demo
      const child = spawn(program, rest, { env: { PATH: process.env["PATH"], TMPDIR: place } })
      const said = { text: "" }
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => void (said.text += chunk.toString("utf8")))
      }
      child.stdin.on("error", () => {})
      return { child, said }
    }),
    ({ child }) =>
      Effect.andThen(
        Effect.sync(() => void child.kill("SIGKILL")),
        ended(child)
      )
  )
  return {
    said,
    ended: ended(child),
    says: (words: string) => until(() => said.text.includes(words)),
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    type: (text: string) => void child.stdin.write(text),
    inbox: () => /Inbox\s+\S*(http:\/\/127\.0\.0\.1:\d+\/)/.exec(said.text)?.[1] ?? "",
    /** What the demo itself made there, and processes; not the loader's cache. */
    left: () => [...readdirSync(place).filter((name) => !name.startsWith("tsx-")), ...livingIn(place)],
    leavesNothing: until(() => readdirSync(place).every((name) => name.startsWith("tsx-")) && !livingIn(place).length)
  }
})
