// The built program as a child process, configured by its environment and nothing else, as in production.
import { Effect } from "effect"
import { spawn } from "node:child_process"
import type { Database } from "../../src/Database.ts"
import { passwordOf } from "./line.ts"

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Everything it said, on both streams. */
  readonly output: string
}

export interface Program {
  readonly pid: number
  readonly output: () => string
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
  /** Resolves when the output has this text. */
  readonly says: (text: string) => Effect.Effect<void>
}

/** Starts `inquiries-mailer`; it is killed when the scope closes, should it still be there. */
export const program = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>, cwd = "/") =>
  Effect.acquireRelease(
    Effect.sync((): Program => {
      const child = spawn(process.execPath, [`${process.cwd()}/dist/main.js`, ...args], { cwd, env, stdio: "pipe" })
      let output = ""
      const watchers = new Set<() => void>()
      const append = (chunk: Buffer) => {
        output += chunk.toString("utf8")
        for (const watcher of watchers) watcher()
      }
      child.stdout.on("data", append)
      child.stderr.on("data", append)
      const end = new Promise<Ended>((resolve) => {
        child.once("close", (code, signal) => resolve({ code, signal, output }))
      })
      return {
        pid: child.pid ?? 0,
        output: () => output,
        kill: (signal) => Effect.sync(() => void child.kill(signal)),
        ended: Effect.promise(() => end),
        says: (text) =>
          Effect.callback<void>((resume) => {
            const look = () => {
              if (!output.includes(text)) return
              watchers.delete(look)
              resume(Effect.void)
            }
            watchers.add(look)
            look()
            return Effect.sync(() => watchers.delete(look))
          })
      }
    }),
    (child) => Effect.andThen(child.kill("SIGKILL"), child.ended)
  )

/** Variables of the replaced system for one database and the stand-in. */
export const environment = (database: Database, origin: string): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  PGHOST: database.address.host,
  PGPORT: String(database.address.port),
  PGDATABASE: database.address.database,
  PGUSER: database.address.user,
  PGPASSWORD: passwordOf(database),
  TENANT_ID: database.credential.tenantId,
  CLIENT_ID: database.credential.clientId,
  CLIENT_SECRET: "an-invented-secret",
  FROM_EMAIL: database.envelope.from,
  TO_EMAIL: database.envelope.to.join(","),
  NAME: database.name,
  GRAPH_EMULATOR_URL: origin,
  LOG_FORMAT: "json"
})
