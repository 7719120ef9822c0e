// What a container would be, without its engine: a folder of its own that nobody writes, a user without a name and rights, and
// an environment with nothing but the settings.
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ended } from "../../scripts/stage/ended.ts"

/** The user of the Dockerfile, where the test may become another. */
const user = process.getuid?.() === 0 ? { uid: 65_532, gid: 65_532 } : {}

const folderFor = (mode: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const path = fs.mkdtempSync(join(tmpdir(), "inquiries-mailer-container-"))
      fs.chmodSync(path, mode)
      return path
    }),
    (path) => Effect.sync(() => fs.rmSync(path, { recursive: true, force: true }))
  )

/** A folder that anybody may enter, and only the test may write, until the scope closes. */
export const folder = folderFor(0o755)

/** A tmpfs. */
export const scratch = folderFor(0o1777)

export interface Container {
  readonly output: () => string
  readonly kill: (signal: NodeJS.Signals) => void
  readonly ended: Effect.Effect<number | null>
  /** Looks until the output has this text. */
  readonly says: (text: string) => Effect.Effect<void>
}

const watched = (child: ChildProcess): Container => {
  let output = ""
  const append = (chunk: Buffer) => void (output += chunk.toString("utf8"))
  child.stdout?.on("data", append)
  child.stderr?.on("data", append)
  return {
    output: () => output,
    kill: (signal) => void child.kill(signal),
    ended: ended(child),
    says: (text) =>
      Effect.gen(function* () {
        while (!output.includes(text)) {
          if (child.exitCode !== null) return yield* Effect.die(new Error(`ended without a word of ${text}: ${output}`))
          yield* Effect.sleep(20)
        }
      })
  }
}

/** Starts Node as the container would, without a shell and with no HOME; it does not outlive the scope. */
export const start = (cwd: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], ...user })),
      (child) =>
        Effect.andThen(
          Effect.sync(() => void child.kill("SIGKILL")),
          ended(child)
        )
    ),
    watched
  )
