// What an operator does over HTTP and reads there, with the built worker, a real database and the stand-in.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { freePort } from "../../scripts/stage/loopback.ts"
import { bearer, call, until } from "../support/http.ts"
import { send, until as untilStored } from "../support/doubt.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const token = "a-token-for-the-tests-0123456789"

const serving = Effect.gen(function* () {
  const { admin, database, standIn } = yield* line.stage()
  const port = yield* freePort
  const variables = { ...environment(database, standIn.origin), PORT: String(port), ADMIN_TOKEN: token }
  const worker = yield* program(["run"], variables)
  const url = `http://127.0.0.1:${port}`
  yield* worker.says("answers on")
  yield* until(200, `${url}/readyz`)
  const post = (path: string) => call(url + path, bearer(token), "POST")
  const run = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
    return yield* (yield* program(args, variables)).ended
  })
  return { admin, post, run, standIn, url, worker }
})

describe("an operator", () => {
  it.live("pauses and resumes over HTTP, and sees it there, in the metrics and in `status`", () =>
    Effect.gen(function* () {
      const { admin, post, run, standIn, url } = yield* serving
      const stateIs = (state: string) =>
        Effect.repeat(call(`${url}/api/status`), { until: ({ text }) => JSON.parse(text).databases[0].state === state })
      assert.deepInclude(JSON.parse((yield* post("/api/databases/autos/pause")).text), { paused: true, changed: true })
      yield* stateIs("paused").pipe(Effect.timeout("10 seconds"))
      yield* line.insertInquiry(admin, 1)
      const { text } = yield* call(`${url}/metrics`)
      assert.include(text, 'inquiries_mailer_database_state{database="autos",state="paused"} 1')
      // Counts are a few seconds old at most.
      const told = (line: RegExp) =>
        Effect.repeat(run("status"), { until: ({ output }) => line.test(output) }).pipe(Effect.timeout("30 seconds"))
      yield* told(/^autos +paused +1 /m)
      assert.lengthOf(standIn.mails, 0)
      assert.deepInclude(JSON.parse((yield* post("/api/databases/autos/resume")).text), { paused: false })
      yield* standIn.awaitMails(1).pipe(Effect.timeout("10 seconds"))
      yield* stateIs("listening").pipe(Effect.timeout("10 seconds"))
      yield* told(/^autos +listening +0 /m)
    }).pipe(silently)
  )

  it.live("puts one parked notice back over HTTP and discards another; `status` falls back to the databases", () =>
    Effect.gen(function* () {
      const { admin, post, run, standIn, worker } = yield* serving
      standIn.faults.push({ ...send({ status: 400 }), times: 2 })
      yield* line.insertInquiries(admin, 2)
      while ((yield* line.outcomes(admin)).some(({ outcome }) => outcome !== "parked")) yield* Effect.sleep(20)
      const notices = yield* admin<{ readonly id: string; readonly key: string }>`
        select id, key from inquiries_mailer.outbox order by key`
      const [first, second] = notices.map(({ id }) => `/api/databases/autos/parked/${id}`)
      assert.strictEqual((yield* post(`${second}/discard`)).status, 200)
      assert.strictEqual((yield* post(`${second}/retry`)).status, 404)
      assert.strictEqual((yield* post(`${first}/retry`)).status, 200)
      yield* standIn.awaitMails(1).pipe(Effect.timeout("10 seconds"))
      yield* untilStored(admin, ({ outcome }) => outcome === "sent")
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
      yield* worker.kill("SIGTERM")
      yield* worker.ended
      const { code, output } = yield* run("status")
      assert.strictEqual(code, 0, output)
      assert.include(output, "no worker answers")
      assert.match(output, /^autos +not paused +0 /m)
    }).pipe(silently)
  )
})
