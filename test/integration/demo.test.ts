// The demo as a newcomer starts it: it proves itself, and leaves nothing behind however it ends.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A temporary folder of the demo's own, which PostgreSQL's user may enter. */
const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "inquiries-mailer-demo-"))
    chmodSync(path, 0o755)
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const start = (args: ReadonlyArray<string>, temporary = tmpdir()) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn(process.execPath, ["--import", "tsx", "scripts/demo.ts", ...args], {
        env: { PATH: process.env["PATH"], TMPDIR: temporary },
        stdio: ["ignore", "pipe", "pipe"]
      })
      const said = { text: "" }
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk: Buffer) => void (said.text += chunk.toString("utf8")))
      }
      return { child, said }
    }),
    ({ child }) =>
      Effect.andThen(
        Effect.sync(() => void child.kill("SIGKILL")),
        ended(child)
      )
  )

const ended = (child: ChildProcess) =>
  Effect.callback<number | null>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.succeed(child.exitCode))
    child.once("close", (code) => resume(Effect.succeed(code)))
  })

const until = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep(50)
  }).pipe(Effect.timeout("40 seconds"))

/** Workers that are configured for the server at this port; only Linux tells. */
const workers = (port: number) => {
  if (process.platform !== "linux") return []
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`:${port}/autos`)
    } catch {
      return false
    }
  })
}

const portOf = (text: string) => Number(/PostgreSQL +127\.0\.0\.1:(\d+)/.exec(text)?.[1])

const listens = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(true)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(false))))
  })

describe("npm run demo", () => {
  it.live("ends with 0 when every sample was mailed exactly once, if it was told to end", () =>
    Effect.gen(function* () {
      const { child, said } = yield* start(["--exit"])
      assert.strictEqual(yield* ended(child), 0, said.text)
      assert.match(said.text, /10 rows, 10 mails, each exactly once/)
      assert.include(said.text, "2023 Honda Civic")
    })
  )

  it.live("ends with 1 and the reason when it cannot do its work", () =>
    Effect.gen(function* () {
      const blocker = createServer()
      yield* Effect.callback<void>((resume) => void blocker.listen(0, "127.0.0.1", () => resume(Effect.void)))
      yield* Effect.addFinalizer(() => Effect.sync(() => blocker.close()))
      const address = blocker.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const { child, said } = yield* start(["--exit", "--postgres-port", String(port)])
      assert.strictEqual(yield* ended(child), 1)
      assert.match(said.text, /✗ .*(in use|could not bind|PostgreSQL)/)
    })
  )

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    it.live(`leaves no server, no worker and no folder behind after ${signal}`, () =>
      Effect.gen(function* () {
        const temporary = yield* folder
        const { child, said } = yield* start([], temporary)
        yield* until(() => said.text.includes("What to try next"))
        const port = portOf(said.text)
        assert.isTrue(yield* listens(port))
        assert.isAbove(readdirSync(temporary).length, 0)
        child.kill(signal)
        const code = yield* ended(child)
        if (signal === "SIGINT") assert.strictEqual(code, 0)
        yield* until(
          () => workers(port).length === 0 && readdirSync(temporary).every((name) => name.startsWith("tsx-"))
        )
        assert.isFalse(yield* listens(port))
      })
    )
  }
})
