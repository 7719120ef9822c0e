// Processes of the stage: each leads its own process group, so that Ctrl-C reaches the application first, and a watchdog
// ends it and removes its folder should this process die without a word.
import { Effect, Schema } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

export class PostgresError extends Schema.TaggedError<PostgresError>()("PostgresError", {
  message: Schema.String
}) {}

/** Whom to run as; undefined for ourselves. */
export type Account = { readonly uid: number; readonly gid: number } | undefined

/** A temporary folder, what happens in it, and the watchdog that knows both. */
export interface Home {
  readonly directory: string
  readonly account: Account
  /** Names the process to end with us. */
  readonly watch: (pid: number | undefined) => void
}

export interface Running {
  readonly pid: number
  readonly gone: () => boolean
  /** It ended by itself, with exit code 0. */
  readonly succeeded: () => boolean
  readonly signal: (signal: NodeJS.Signals) => void
}

/** Nothing of the caller's PostgreSQL or Node settings: `PGDATA` or `NODE_OPTIONS` would change what is started. */
const environment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|NODE_)/.test(name))),
  LC_ALL: "C"
})

const watchdog = (directory: string): ChildProcess => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./watchdog.mjs", import.meta.url)), directory], {
    cwd: path.dirname(directory),
    detached: true,
    env: environment(),
    stdio: ["pipe", "ignore", "ignore"]
  })
  child.on("error", () => {})
  child.stdin?.on("error", () => {})
  return child
}

const exited = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    const ended = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
    if (ended()) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
  })

const failed = (doing: string) => (cause: unknown) =>
  new PostgresError({ message: `${doing}: ${cause instanceof Error ? cause.message : String(cause)}` })

/** Some systems give root a temporary folder that no one else may enter; PostgreSQL runs as someone else. */
const temporary = (account: Account): string => {
  const reachable = (folder: string): boolean =>
    folder === path.dirname(folder) || ((fs.statSync(folder).mode & 0o001) !== 0 && reachable(path.dirname(folder)))
  return account === undefined || reachable(path.resolve(os.tmpdir())) ? os.tmpdir() : "/tmp"
}

/** A folder that is gone when the scope closes, or soon after this process has died. */
export const home = Effect.fn("PostgresProcess.home")(function* (account: Account) {
  const name = `inquiries-mailer-postgres-${randomBytes(9).toString("base64url")}`
  // Before the folder: a process that is killed between the two leaves nothing.
  const { child, directory } = yield* Effect.acquireRelease(
    Effect.try({
      try: () => {
        const directory = path.join(temporary(account), name)
        return { directory, child: watchdog(directory) }
      },
      catch: failed("No place was found for PostgreSQL's folder")
    }),
    // One way to leave for every end: the watchdog stops what is still watched, also what an interruption cut short.
    ({ directory, child }) =>
      Effect.suspend(() => {
        child.stdin?.end()
        return exited(child)
      }).pipe(Effect.andThen(Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))))
  )
  yield* Effect.try({
    try: () => {
      fs.mkdirSync(directory, { mode: 0o700 })
      if (account !== undefined) fs.chownSync(directory, account.uid, account.gid)
    },
    catch: failed("No temporary folder could be made for PostgreSQL")
  })
  const watch = (pid: number | undefined) => void child.stdin?.write(`${pid ?? 0}\n`)
  return { directory, account, watch } satisfies Home
})

/** Starts a program with its output in the file `log`. It is watched from the instant it exists. */
export const launch = (
  home: Home,
  program: string,
  args: ReadonlyArray<string>,
  log: string
): Effect.Effect<Running, PostgresError> =>
  Effect.callback<Running, PostgresError>((resume) => {
    const output = fs.openSync(log, "a")
    const child = spawn(program, args, {
      cwd: home.directory,
      detached: true,
      env: environment(),
      stdio: ["ignore", output, output],
      ...home.account
    })
    fs.closeSync(output)
    home.watch(child.pid)
    let gone = false
    child.once("exit", () => {
      gone = true
      home.watch(undefined)
    })
    child.once("error", (cause) => resume(Effect.fail(failed(`${program} could not be started`)(cause))))
    child.once("spawn", () =>
      resume(
        Effect.succeed({
          pid: child.pid ?? 0,
          gone: () => gone,
          succeeded: () => child.exitCode === 0,
          signal: (signal) => void (gone || child.kill(signal))
        })
      )
    )
  })

/** Runs a program to its end; `ok` is whether it exited with 0. Interruption ends it. */
export const run = (
  program: string,
  args: ReadonlyArray<string>,
  account: Account,
  env = environment()
): Effect.Effect<{ readonly ok: boolean; readonly output: string }> =>
  Effect.callback((resume) => {
    const child = spawn(program, args, { cwd: "/", detached: true, env, ...account })
    let output = ""
    const collect = (chunk: Buffer) => (output += chunk.toString("utf8"))
    child.stdout.on("data", collect)
    child.stderr.on("data", collect)
    child.once("error", (cause) => resume(Effect.succeed({ ok: false, output: cause.message })))
    child.once("close", (code) => resume(Effect.succeed({ ok: code === 0, output: output.trim() })))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })
