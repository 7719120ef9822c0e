// The built worker over HTTP: what it says of itself while its database goes and comes, and how it starts and ends.
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Duration, Effect } from "effect"
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { workerStatus } from "../../src/command/askWorker.ts"
import { freePort } from "../../scripts/stage/loopback.ts"
import { call, until } from "../support/http.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const serving = Effect.fnUntraced(function* (env: Record<string, string>) {
  const port = yield* freePort
  const variables = { ...env, PORT: String(port) }
  const worker = yield* program(["run"], variables)
  yield* worker.says("answers on")
  return { port, url: `http://127.0.0.1:${port}`, variables, worker }
})

const isStatus = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync("schema/status.schema.json", "utf8")))

describe("a worker with PORT", () => {
  it.live("is ready while its database can be mailed from, and lives all the while", () =>
    Effect.gen(function* () {
      const { database, server, standIn } = yield* line.stageOfItsOwn()
      const { url } = yield* serving(environment(database, standIn.origin))
      const first = yield* until(200, `${url}/readyz`)
      assert.deepStrictEqual(JSON.parse(first.text), {
        condition: "sound",
        databases: [{ name: "autos", condition: "sound", state: "listening", reason: null, mailbox: "open" }]
      })
      yield* server.stop("fast")
      const away = yield* until(503, `${url}/readyz`)
      assert.include(["waiting", "connecting"], JSON.parse(away.text).databases[0].state)
      assert.strictEqual(JSON.parse(away.text).condition, "down")
      assert.strictEqual((yield* call(`${url}/healthz`)).status, 200)
      yield* server.start
      yield* until(200, `${url}/readyz`)
    }).pipe(silently)
  )

  it.live("is not ready while Microsoft refuses its secret, and says what to do", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.faults.push({ at: "token", kind: { status: 401, code: "invalid_client" }, times: "forever" })
      const { url } = yield* serving(environment(database, standIn.origin))
      yield* until(200, `${url}/readyz`)
      yield* line.insertInquiry(admin, 1)
      yield* until(503, `${url}/readyz`)
      const [{ condition, mailbox, state }] = JSON.parse((yield* call(`${url}/api/status`)).text).databases
      assert.deepStrictEqual([condition, mailbox.standing, state], ["down", "blocked", "listening"])
      assert.match(mailbox.reason, /invalid_client/)
    }).pipe(silently)
  )

  it.live("says its status in the document that its schema describes, and that the command reads", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const { port, url } = yield* serving(environment(database, standIn.origin))
      yield* until(200, `${url}/readyz`)
      const { headers, text } = yield* call(`${url}/api/status`)
      assert.isTrue(isStatus(JSON.parse(text)), JSON.stringify(isStatus.errors))
      assert.isFalse(isStatus({ ...JSON.parse(text), condition: "fine" }))
      assert.strictEqual(headers["cache-control"], "no-store")
      const { databases, worker } = yield* workerStatus({ host: "127.0.0.1", port, token: undefined })
      assert.isNotNull(worker)
      assert.deepInclude(databases[0], { name: "autos", state: "listening", crashes: 0, restarts: 0 })
    }).pipe(silently)
  )

  it.live("ends in time though visitors keep connections open, do not finish asking, or do not read", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.latencyMillis = 1_500
      const { port, url, worker } = yield* serving(environment(database, standIn.origin))
      yield* until(200, `${url}/readyz`)
      const visitor = (text: string) =>
        Effect.acquireRelease(
          Effect.callback<ReturnType<typeof connect>>((resume) => {
            const socket = connect(port, "127.0.0.1", () => {
              socket.write(text)
              resume(Effect.succeed(socket))
            })
            socket.on("error", () => {})
          }),
          (socket) => Effect.sync(() => socket.destroy())
        )
      yield* visitor("")
      yield* visitor("GET /healthz HTTP/1.1\r\nHost: loc")
      yield* visitor("POST /api/databases/autos/pause HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx")
      const deaf = yield* visitor("GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200))
      deaf.pause()
      const idle = yield* visitor("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
      yield* Effect.callback<void>((resume) => void idle.once("data", () => resume(Effect.void)))
      yield* line.insertInquiry(admin, 1)
      while (standIn.requests.sendMail < 1) yield* Effect.sleep(10)
      yield* worker.kill("SIGTERM")
      const [took, { code, output, signal }] = yield* Effect.timed(worker.ended)
      assert.deepStrictEqual({ code, signal }, { code: 0, signal: null }, output)
      assert.isBelow(Duration.toSeconds(took), 6)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
      assert.deepStrictEqual(
        (yield* line.outcomes(admin)).map(({ outcome }) => outcome),
        ["sent"]
      )
    }).pipe(silently)
  )

  it.live("answers nobody any more while it drains", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.latencyMillis = 3_000
      const { url, worker } = yield* serving(environment(database, standIn.origin))
      yield* until(200, `${url}/readyz`)
      yield* line.insertInquiry(admin, 1)
      while (standIn.requests.sendMail < 1) yield* Effect.sleep(10)
      yield* worker.kill("SIGTERM")
      yield* until(0, `${url}/readyz`).pipe(Effect.timeout("1 second"))
      assert.deepStrictEqual(standIn.mails.length, 0)
      assert.strictEqual((yield* worker.ended).code, 0)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
    }).pipe(silently)
  )

  it.live("ends with 78 and says so if the port is taken, or the address not this machine's", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const { variables } = yield* serving(environment(database, standIn.origin))
      const { code, output } = yield* (yield* program(["run"], variables)).ended
      assert.strictEqual(code, 78, output)
      assert.match(output, /^PORT: \d+ on 127\.0\.0\.1 is taken/m)
      const elsewhere = yield* (yield* program(["run"], { ...variables, HOST: "192.0.2.77" })).ended
      assert.strictEqual(elsewhere.code, 78, elsewhere.output)
      assert.match(elsewhere.output, /^HOST: is no address of this machine/m)
    }).pipe(silently)
  )
})

describe("health", () => {
  it.live("is 0 while the worker lives, 1 when it does not, and 78 where it could not know", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const env = environment(database, standIn.origin)
      const { variables, worker } = yield* serving(env)
      const outcome = (env: Record<string, string>) => Effect.flatMap(program(["health"], env), ({ ended }) => ended)
      for (const HOST of ["127.0.0.1", "localhost", "0.0.0.0"]) {
        const alive = yield* outcome({ ...variables, HOST })
        assert.strictEqual(alive.code, 0, alive.output)
      }
      assert.strictEqual((yield* outcome(env)).code, 78)
      yield* worker.kill("SIGKILL")
      yield* worker.ended
      const dead = yield* outcome(variables)
      assert.strictEqual(dead.code, 1)
      assert.match(dead.output, /no worker answers/)
    }).pipe(silently)
  )
})
