// What a cluster does with settings that differ and mailboxes that are shared, and what it shows, on the built program.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fleet from "../support/cluster.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { program } from "../support/worker.ts"

describe("processes in a cluster", { timeout: 160_000 }, () => {
  it.live("run databases that share a mailbox together, and `status` shows who runs what", () =>
    Effect.gen(function* () {
      const { databases, env, insert, join, shares, standIn } = yield* fleet.stage(4, (index: number) =>
        index < 4 ? "shared@example.com" : "Alone@example.com"
      )
      yield* join("a")
      yield* join("b")
      yield* fleet.until(Effect.map(shares, ({ a, b }) => a === 1 && b === 1))
      yield* standIn.awaitMails(yield* insert)
      const status = yield* program(["status", "--json"], env("looker", databases))
      const { code, output } = yield* status.ended
      assert.strictEqual(code, 0, output)
      const document = JSON.parse(output)
      const runBy: ReadonlyArray<string> = document.databases.map((each: { readonly runBy: string }) => each.runBy)
      assert.strictEqual(new Set(runBy.slice(0, 3)).size, 1)
      assert.notStrictEqual(runBy[3], runBy[0])
      assert.deepInclude(document.cluster, { self: null, storage: "sound", share: 2, unowned: 0 })
      const counts = document.cluster.workers.map((each: { readonly databases: number }) => each.databases)
      assert.deepStrictEqual(counts.toSorted(), [1, 3])
      const shown = yield* program(["status"], env("looker", databases))
      assert.include((yield* shown.ended).output, `forms4: run by ${runBy[3]}`)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(4))
    }).pipe(silently, Effect.timeout("150 seconds"))
  )

  it.live("with older settings leave a database that only the new ones know to the new process", () =>
    Effect.gen(function* () {
      const { databases, insert, join, shares, standIn } = yield* fleet.stage(3)
      const older = databases.slice(0, 2)
      yield* join("old1", older)
      yield* join("old2", older)
      yield* fleet.until(Effect.map(shares, ({ old1, old2 }) => old1 === 1 && old2 === 1))
      const newer = yield* join("new")
      yield* newer.says("listening")
      yield* standIn.awaitMails(yield* insert)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(3))
      assert.include(newer.output(), '"database":"forms3"')
      assert.strictEqual((yield* shares)["new"], 1)
    }).pipe(silently, Effect.timeout("150 seconds"))
  )

  it.live("write into no watched database what a worker alone would not", () =>
    Effect.gen(function* () {
      const { admins, insert, join, shares, standIn } = yield* fleet.stage(1)
      yield* join("a")
      yield* fleet.until(Effect.map(shares, ({ a }) => a === 1))
      yield* standIn.awaitMails(yield* insert)
      for (const admin of admins) {
        const rows = yield* admin`select nspname from pg_namespace where nspname like '%cluster%'`
        assert.deepStrictEqual(rows, [])
      }
    }).pipe(silently, Effect.timeout("150 seconds"))
  )
})
