// The operator's commands as the built program: what they print, what they end with, and that they say nothing of customers.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Database } from "../../src/Database.ts"
import { send, until } from "../support/doubt.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const at = (database: Database, origin: string, more: Readonly<Record<string, string>> = {}) =>
  Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
    return yield* (yield* program(args, { ...environment(database, origin), ...more })).ended
  })

const json = (output: string) => JSON.parse(output) as ReadonlyArray<Record<string, unknown>>

describe("the operator's commands", () => {
  it.live("show what was parked, put it back and discard it, and tell of each notice which one it was", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const run = at(database, standIn.origin)
      assert.include((yield* run("parked", "list")).output, "autos: nothing is parked")
      standIn.faults.push({ ...send({ status: 400 }), times: 2 })
      yield* line.start(database)
      yield* line.insertInquiries(admin, 2)
      while ((yield* line.outcomes(admin)).some(({ outcome }) => outcome !== "parked")) yield* Effect.sleep(20)

      const listed = yield* run("parked", "list", "--json")
      assert.strictEqual(listed.code, 0, listed.output)
      assert.notMatch(listed.output, /Person|example\.com/)
      const notices = json(listed.output)
      assert.deepStrictEqual(notices.map(({ key, reason, table }) => `${table} ${key} ${reason}`).toSorted(), [
        "public.inquiries 1 rejected",
        "public.inquiries 2 rejected"
      ])
      const id = String(notices.find(({ key }) => key === "1")?.["id"])
      assert.include((yield* run("parked", "list", "--reason", "rejected")).output, `autos: ${id}`)
      const shown = yield* run("parked", "show", id)
      assert.strictEqual(shown.code, 0)
      assert.match(shown.output, new RegExp(`messageId +<${id}@example.com>`))

      const nothing = yield* run("parked", "retry")
      assert.strictEqual(nothing.code, 78)
      assert.include(nothing.output, "--all")
      const retried = yield* run("parked", "retry", id)
      assert.strictEqual(retried.code, 0, retried.output)
      assert.include(retried.output, "autos: 1 put back into the queue")
      assert.include(retried.output, `${id}  public.inquiries #1`)
      yield* standIn.awaitMails(1).pipe(Effect.timeout("10 seconds"))
      const discarded = yield* run("parked", "discard", "--all")
      assert.include(discarded.output, "autos: 1 discarded, and will never be mailed")
      assert.strictEqual((yield* run("parked", "discard", id)).code, 78)
      yield* until(admin, ({ outcome }) => outcome === "sent")
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1])
    }).pipe(silently)
  )

  it.live("pause and resume a database, and status says so", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const run = at(database, standIn.origin)
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      const paused = yield* run("pause", "autos")
      assert.strictEqual(paused.code, 0, paused.output)
      assert.include(paused.output, "within seconds")
      yield* line.insertInquiry(admin, 1)
      const { databases, worker } = JSON.parse((yield* run("status", "--json")).output)
      assert.isNull(worker)
      assert.deepInclude(databases[0], { name: "autos", condition: "unknown", state: "paused" })
      assert.deepInclude(databases[0].counts, { waiting: 1, sent: 0 })
      assert.isString(databases[0].counts.pausedSince)
      assert.include((yield* run("pause", "--all")).output, "is paused already")
      assert.include((yield* run("resume", "autos")).output, "resumed, after a pause since")
      yield* standIn.awaitMails(1).pipe(Effect.timeout("10 seconds"))
      yield* line.allSettled(admin)
      const after = yield* run("status", "--database", "autos")
      assert.match(after.output, /^autos +not paused +0 +- +0 +0 +1 +0 +\d{4}-/m)
      assert.match(after.output, /^autos: .* public\.inquiries #1 sent$/m)
    }).pipe(silently)
  )

  it.live("name the nearest database for a wrong name with 78, and go on without one that is away with 75", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const env = environment(database, standIn.origin)
      const second = Object.fromEntries(
        ["TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "FROM_EMAIL", "TO_EMAIL"].map((name) => [`${name}_2`, env[name]!])
      )
      const run = at(database, standIn.origin, {
        ...second,
        DATABASE_URL_2: ["postgres://someone:hunter2", "127.0.0.1:1/elsewhere"].join("@")
      })
      for (const args of [
        ["pause", "autso"],
        ["status", "--database", "autso"],
        ["parked", "list", "--database", "autso"]
      ]) {
        const { code, output } = yield* run(...args)
        assert.strictEqual(code, 78)
        assert.include(output, "did you mean autos?")
      }
      assert.strictEqual((yield* run("pause")).code, 78)
      const { code, output } = yield* run("status")
      assert.strictEqual(code, 75)
      assert.match(output, /^autos +not paused/m)
      assert.match(output, /^elsewhere: nothing accepts connections/m)
      assert.notInclude(output, "hunter2")
      const paused = yield* run("pause", "--all")
      assert.strictEqual(paused.code, 75)
      assert.include(paused.output, "elsewhere: not paused: nothing accepts connections")
    }).pipe(silently)
  )

  it.live("say where nothing may be installed that nothing is kept there", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const run = at(database, standIn.origin, { CAPTURE: "notify" })
      const paused = yield* run("pause", "autos")
      assert.strictEqual(paused.code, 78)
      assert.include(paused.output, "in the worker's own process only")
      assert.include((yield* run("parked", "list")).output, "the worker's log names it")
      assert.include((yield* run("status")).output, "known to the running worker alone")
    }).pipe(silently)
  )
})
