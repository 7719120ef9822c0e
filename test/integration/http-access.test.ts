// Who may ask the built worker, from this machine and from beyond, and what no answer tells anybody.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { freePort } from "../../scripts/stage/loopback.ts"
import { bearer, call, outward, until } from "../support/http.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const token = "a-token-for-the-tests-0123456789"
const parked = "/api/databases/autos/parked/00000000-0000-4000-8000-000000000001/retry"
const reads = ["/healthz", "/readyz", "/api/status"]
const writes = ["/api/databases/autos/pause", "/api/databases/autos/resume", parked]

const serving = Effect.fnUntraced(function* (env: Record<string, string>) {
  const port = yield* freePort
  const worker = yield* program(["run"], { ...env, PORT: String(port) })
  yield* worker.says("answers on")
  return { port, url: `http://127.0.0.1:${port}`, worker }
})

describe("a worker on loopback", () => {
  it.live("lets everybody on this machine read, and nobody change anything without the token", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const { url } = yield* serving({ ...environment(database, standIn.origin), ADMIN_TOKEN: token })
      yield* until(200, `${url}/readyz`)
      for (const path of reads) assert.strictEqual((yield* call(url + path)).status, 200, path)
      for (const path of [...writes, "/nothing"]) {
        const without = yield* call(url + path, {}, "POST")
        assert.strictEqual(without.status, 401, path)
        assert.match(String(without.headers["www-authenticate"]), /^Bearer/)
        assert.strictEqual((yield* call(url + path, bearer(`${token}x`), "POST")).status, 403, path)
      }
      assert.strictEqual((yield* call(`${url}/api/databases/other/pause`, bearer(token), "POST")).status, 404)
    }).pipe(silently)
  )

  it.live("changes nothing for anybody where no token is set", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const { url } = yield* serving(environment(database, standIn.origin))
      for (const path of writes) {
        for (const headers of [{}, bearer(token), bearer("undefined")]) {
          assert.strictEqual((yield* call(url + path, headers, "POST")).status, 503, path)
        }
      }
    }).pipe(silently)
  )

  it.live("is read by no website that gives this machine a name of its own, nor through a proxy", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const { port, url } = yield* serving({ ...environment(database, standIn.origin), ADMIN_TOKEN: token })
      for (const path of [...reads, "/nothing"]) {
        for (const host of [`evil.example:${port}`, "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1"]) {
          const { status, text } = yield* call(url + path, { host })
          assert.strictEqual(status, 421, host)
          assert.notInclude(text, "autos")
        }
        assert.strictEqual((yield* call(url + path, { "x-forwarded-for": "192.0.2.1" })).status, 401, path)
      }
      for (const host of ["localhost", `LOCALHOST:${port}`, "127.0.0.1:9", `[::1]:${port}`]) {
        assert.strictEqual((yield* call(`${url}/healthz`, { host })).status, 200, host)
      }
      const through = { host: "mailer.example.com", "x-forwarded-for": "192.0.2.1", ...bearer(token) }
      assert.strictEqual((yield* call(`${url}/healthz`, through)).status, 200)
    }).pipe(silently)
  )
})

describe("a worker beyond loopback", () => {
  it.live.skipIf(outward === undefined)("tells nobody anything without the token", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const env = { ...environment(database, standIn.origin), HOST: "0.0.0.0" }
      const { port, url: near } = yield* serving({ ...env, ADMIN_TOKEN: token })
      const far = `http://${outward}:${port}`
      yield* until(200, `${near}/readyz`)
      for (const path of [...reads, "/nothing"]) {
        assert.strictEqual((yield* call(far + path)).status, 401, path)
        assert.strictEqual((yield* call(far + path, { host: "localhost" })).status, 401, path)
        assert.strictEqual((yield* call(far + path, bearer(token.slice(1)))).status, 403, path)
        const expected = path === "/nothing" ? 404 : 200
        assert.strictEqual((yield* call(far + path, bearer(token))).status, expected, path)
      }
      const health = yield* program(["health"], { ...env, PORT: String(port), HOST: outward!, ADMIN_TOKEN: token })
      assert.strictEqual((yield* health.ended).code, 0)

      const open = yield* serving(env)
      assert.include(open.worker.output(), "until ADMIN_TOKEN is set")
      for (const path of reads) {
        assert.strictEqual((yield* call(`http://${outward}:${open.port}${path}`, bearer(token))).status, 503, path)
      }
    }).pipe(silently)
  )

  it.live.skipIf(outward === undefined)("lets somebody guess ten times a minute, and others in meanwhile", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const env = { ...environment(database, standIn.origin), HOST: "0.0.0.0", ADMIN_TOKEN: token }
      const { port, url: near } = yield* serving(env)
      const far = `http://${outward}:${port}/healthz`
      const guesses = yield* Effect.forEach(line.numbers(12), (n) => call(far, bearer(`${token}${n}`)))
      assert.deepStrictEqual(
        guesses.map(({ status }) => status),
        [...Array.from({ length: 10 }, () => 403), 429, 429]
      )
      assert.isAtMost(Number(guesses.at(-1)?.headers["retry-after"]), 60)
      assert.strictEqual((yield* call(far, bearer(token))).status, 429, "the right one would be told apart")
      assert.strictEqual((yield* call(near, bearer(token), "POST")).status, 405)
    }).pipe(silently)
  )
})

describe("an answer", () => {
  it.live("holds neither secrets nor customer data, whatever goes wrong", () =>
    Effect.gen(function* () {
      const canary = "C4n4ry-d0-n0t-sh0w"
      const { admin, database, standIn } = yield* line.stage()
      const role = `canary_${database.address.database}`
      yield* admin.unsafe(`create role ${role} superuser login password '${canary}'`)
      yield* Effect.addFinalizer(() => Effect.ignore(admin.unsafe(`drop role ${role}`)))
      const secrets = { PGUSER: role, PGPASSWORD: canary, CLIENT_SECRET: canary, ADMIN_TOKEN: canary }
      const body = `{"error":{"code":"ErrorAccessDenied","message":"${canary}"}}`
      standIn.faults.push({ at: "sendMail", kind: { status: 403, body }, times: "forever" })
      const { url, worker } = yield* serving({ ...environment(database, standIn.origin), ...secrets })
      yield* until(200, `${url}/readyz`)
      yield* admin`insert into inquiries (name, email, subject, message)
        values (${canary}, ${`${canary}@example.com`}, ${canary}, ${canary})`
      yield* until(503, `${url}/readyz`)
      const look = Effect.gen(function* () {
        for (const path of [...reads, `/${canary}`, `/api/status?${canary}`]) {
          const { headers, text } = yield* call(url + path)
          assert.notInclude(JSON.stringify(headers) + text, canary, path)
        }
        for (const path of [...writes, `/api/databases/${canary}/pause`]) {
          for (const headers of [bearer(canary), bearer(`${canary}x`)]) {
            const answer = yield* call(url + path, headers, "POST")
            assert.notInclude(JSON.stringify(answer.headers) + answer.text, canary, path)
          }
        }
      })
      yield* look
      yield* admin.unsafe(`alter role ${role} password 'changed'`)
      yield* admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'inquiries-mailer' and datname = current_database()`
      yield* worker.says("password")
      yield* look
      yield* worker.kill("SIGTERM")
      assert.notInclude((yield* worker.ended).output, canary)
    }).pipe(silently)
  )
})
