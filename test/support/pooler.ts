// Debian's PgBouncer in front of a test's database, on a port and in a folder of its own; it ends with the scope. It
// refuses to run as root, so it runs as `nobody` then.
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { freePort } from "../../scripts/stage/loopback.ts"
import type { Database } from "../../src/Database.ts"
import { passwordOf } from "./line.ts"

export const missing = spawnSync("pgbouncer", ["--version"]).status === 0 ? undefined : "PgBouncer is not installed"

const nobody = 65_534

const accepts = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const socket = net.connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.once("error", () => resume(Effect.succeed(false)))
  })

/** The database as it is reached through a pooler. `ignored` are the startup parameters that it drops silently. */
export const pooled = Effect.fn("pooled")(function* (
  database: Database,
  mode: "session" | "transaction",
  ignored: ReadonlyArray<string> = []
) {
  const { address } = database
  const port = yield* freePort
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "pooler-"))
  const password = passwordOf(database)
  const file = (name: string, text: string) => {
    fs.writeFileSync(path.join(directory, name), text)
    return path.join(directory, name)
  }
  const users = file("users", `"${address.user}" "${password}"\n`)
  const ini = file(
    "pgbouncer.ini",
    `[databases]
${address.database} = host=127.0.0.1 port=${address.port} user=${address.user} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = 10
${ignored.length === 0 ? "" : `ignore_startup_parameters = ${ignored.join(",")}`}
`
  )
  const root = process.getuid?.() === 0
  if (root) fs.chownSync(directory, nobody, nobody)
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn("pgbouncer", [ini], { stdio: "ignore", ...(root ? { uid: nobody, gid: nobody } : {}) })),
    (running) =>
      Effect.callback<void>((resume) => {
        const gone = () => {
          fs.rmSync(directory, { recursive: true, force: true })
          resume(Effect.void)
        }
        if (running.exitCode !== null) return gone()
        running.once("exit", gone)
        running.kill("SIGQUIT")
        setTimeout(() => running.kill("SIGKILL"), 2_000).unref()
      })
  )
  while (!(yield* accepts(port))) {
    if (child.exitCode !== null) return yield* Effect.die(new Error("PgBouncer did not start"))
    yield* Effect.sleep(50)
  }
  const through: Database = { ...database, address: { ...address, host: "127.0.0.1", port } }
  return through
})
