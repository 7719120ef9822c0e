// A real PostgreSQL of our own, on loopback and in a temporary folder, for the demo and the tests. It can be stopped,
// killed and started again on the same port; closing the scope, or the death of this process, leaves nothing behind.
import { PgConnection } from "@effect/sql-pg"
import { Effect, Redacted, type Scope } from "effect"
import { randomBytes, randomInt } from "node:crypto"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { account, programs } from "./PostgresBinaries.ts"
import { type Home, home, launch, PostgresError, type Running } from "./PostgresProcess.ts"

export interface Options {
  readonly port?: number
  /** Settings of the server, over the defaults below. */
  readonly settings?: Readonly<Record<string, string>>
  /** The folder with `bin`, `lib` and `share`; by default that of npm's package for this platform. */
  readonly native?: string
}

/** How a server is told to stop: `fast` ends its sessions, `immediate` leaves a recovery to the next start. */
export type Mode = "fast" | "immediate"

export interface Server {
  readonly host: "127.0.0.1"
  readonly port: number
  readonly user: string
  readonly password: Redacted.Redacted
  readonly directory: string
  readonly url: (database: string) => string
  readonly createDatabase: (name: string) => Effect.Effect<void, PostgresError>
  /** Does nothing while the server runs. */
  readonly start: Effect.Effect<void, PostgresError>
  readonly stop: (mode?: Mode) => Effect.Effect<void>
  readonly restart: (mode?: Mode) => Effect.Effect<void, PostgresError>
  /** SIGKILL to the postmaster; its backends notice and leave. */
  readonly kill: Effect.Effect<void>
  /** The postmaster's, or undefined while it is down. */
  readonly pid: Effect.Effect<number | undefined>
}

const defaults = { max_connections: "200", timezone: "UTC", log_timezone: "UTC" }
const user = "postgres"
const host = "127.0.0.1"
const tick = 20

/** `initdb` and a cold start on a busy machine; a normal one takes a second. */
const startMillis = 60_000

/**
 * Each step's signal and how long it may take. SIGKILL spares the backends, which then linger; after SIGQUIT the
 * postmaster itself kills those that are left after 5 s.
 */
const steps: ReadonlyArray<readonly [NodeJS.Signals, number]> = [
  ["SIGINT", 10_000],
  ["SIGQUIT", 7_000],
  ["SIGKILL", 2_000]
]

/** Below every system's range for outgoing connections, so that none takes the port while the server is down. */
const freePort = Effect.callback<number>((resume) => {
  const attempt = () => {
    const port = randomInt(20_000, 32_000)
    const server = net.createServer()
    server.once("error", attempt)
    server.listen(port, host, () => server.close(() => resume(Effect.succeed(port))))
  }
  attempt()
})

const waitUntil = Effect.fnUntraced(function* (done: () => boolean, millis: number) {
  for (let waited = 0; waited < millis && !done(); waited += tick) yield* Effect.sleep(tick)
  return done()
})

const end = Effect.fnUntraced(function* (running: Running, first: NodeJS.Signals) {
  if (running.gone()) return
  for (const [signal, millis] of steps.slice(steps.findIndex(([signal]) => signal === first))) {
    running.signal(signal)
    if (yield* waitUntil(running.gone, millis)) return
  }
})

const readText = (file: string): string => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "")

const withLog = (message: string, log: string) =>
  new PostgresError({ message: `${message}\n${readText(log).trimEnd().split("\n").slice(-15).join("\n")}` })

const initialise = Effect.fnUntraced(function* (home: Home, native: string, password: Redacted.Redacted, log: string) {
  const file = path.join(home.directory, "password")
  fs.writeFileSync(file, Redacted.value(password), { mode: 0o600 })
  if (home.account !== undefined) fs.chownSync(file, home.account.uid, home.account.gid)
  const data = path.join(home.directory, "data")
  const args = [
    `--pgdata=${data}`,
    `--username=${user}`,
    `--pwfile=${file}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync"
  ]
  const running = yield* launch(home, path.join(native, "bin", "initdb"), args, log)
  yield* waitUntil(running.gone, startMillis)
  fs.rmSync(file)
  if (!running.succeeded()) return yield* withLog("initdb failed.", log)
  return data
})

/** Waits until the postmaster says in its lock file that it takes connections, or tells why it does not. */
const settle = Effect.fnUntraced(function* (running: Running, data: string, log: string, heard: number) {
  const ready = () => {
    const lines = readText(path.join(data, "postmaster.pid")).split("\n")
    return lines[0] === String(running.pid) && lines[7]?.trim() === "ready"
  }
  yield* waitUntil(() => running.gone() || ready(), startMillis)
  if (!running.gone() && ready()) return "ready"
  yield* end(running, "SIGQUIT")
  const said = readText(log).slice(heard)
  // A killed postmaster's last backends hold its shared memory for a moment.
  if (said.includes("is still in use")) return "busy"
  if (said.includes("Address already in use")) return "taken"
  return yield* withLog("PostgreSQL did not start.", log)
})

export const start = Effect.fn("Postgres.start")(function* (
  options: Options = {}
): Effect.fn.Return<Server, PostgresError, Scope.Scope> {
  const place = yield* home(yield* account)
  const native = yield* programs(place, options.native)
  const password = Redacted.make(randomBytes(18).toString("base64url"))
  const data = yield* initialise(place, native, password, path.join(place.directory, "initdb.log"))
  const log = path.join(place.directory, "server.log")
  let port = options.port ?? (yield* freePort)
  let mayMove = options.port === undefined
  let running: Running | undefined

  const start = Effect.gen(function* () {
    if (running !== undefined && !running.gone()) return
    const settings = { ...defaults, listen_addresses: host, unix_socket_directories: "", ...options.settings }
    for (let attempt = 0; attempt < 50; attempt++) {
      const args = Object.entries({ ...settings, port }).flatMap(([name, value]) => ["-c", `${name}=${value}`])
      const heard = readText(log).length
      running = yield* launch(place, path.join(native, "bin", "postgres"), ["-D", data, ...args], log)
      const outcome = yield* settle(running, data, log, heard)
      if (outcome === "ready") {
        mayMove = false
        return
      }
      if (outcome === "taken" && !mayMove) break
      if (outcome === "taken") port = yield* freePort
      yield* Effect.sleep(100)
    }
    return yield* withLog(`PostgreSQL did not start on port ${port}.`, log)
  })
  const down = (first: NodeJS.Signals) =>
    Effect.uninterruptible(Effect.suspend(() => (running === undefined ? Effect.void : end(running, first))))
  const stop = (mode: Mode = "fast") => down(mode === "fast" ? "SIGINT" : "SIGQUIT")

  yield* Effect.addFinalizer(() => stop())
  yield* start

  const createDatabase = Effect.fn("Postgres.createDatabase")(
    function* (name: string) {
      const connection = yield* PgConnection.make({ host, port, username: user, password, database: "postgres" })
      yield* connection.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`, [], false)
    },
    Effect.scoped,
    Effect.mapError(({ reason }) => new PostgresError({ message: `${reason.message}: ${String(reason.cause)}` }))
  )
  return {
    host,
    port,
    user,
    password,
    directory: place.directory,
    url: (database) => `postgres://${user}:${Redacted.value(password)}@${host}:${port}/${encodeURIComponent(database)}`,
    createDatabase,
    start,
    stop,
    restart: (mode) => Effect.andThen(stop(mode), start),
    kill: down("SIGKILL"),
    pid: Effect.sync(() => (running === undefined || running.gone() ? undefined : running.pid))
  }
})
