// The built program as an operator meets it: what it says, and the number it ends with.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { folder } from "../support/folder.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const outcome = Effect.fnUntraced(function* (args: ReadonlyArray<string>, env: Record<string, string>, cwd?: string) {
  return yield* (yield* program(args, env, cwd)).ended
})

/** Nine mistakes, each of another kind. */
const nineMistakes = {
  DATABASE_URL: ["postgres://user:hunter2", ":notaport/db"].join("@"),
  TENANT_ID: "not a tenant",
  CLIENT_SECRET: "a-secret",
  FROM_EMAIL: "nobody",
  TO_EMAIL: "a@example.com, b@",
  TIME_ZONE: "Mars/Olympus",
  TO_EMAIL_4: "c@example.com",
  LOG_LEVEL: "loud",
  GRAPH_CLOUD: "mine"
}

describe("inquiries-mailer", () => {
  it.live("explains itself", () =>
    Effect.gen(function* () {
      for (const args of [["--help"], ["run", "--help"], ["migrate", "--help"]]) {
        const { code, output } = yield* outcome(args, {})
        assert.strictEqual(code, 0)
        assert.include(output, "USAGE")
      }
      const { code, output } = yield* outcome(["mgirate"], {})
      assert.strictEqual(code, 1)
      assert.include(output, "migrate")
    })
  )

  it.live("reports every mistake in the settings at once, and ends with 78", () =>
    Effect.gen(function* () {
      const { code, output } = yield* outcome(["run"], nineMistakes)
      assert.strictEqual(code, 78)
      for (const at of [
        "DATABASE_URL",
        "TENANT_ID",
        "CLIENT_ID",
        "FROM_EMAIL",
        "TO_EMAIL",
        "TIME_ZONE",
        "LOG_LEVEL",
        "GRAPH_CLOUD"
      ]) {
        assert.match(output, new RegExp(`^${at}: `, "m"))
      }
      assert.match(output, /^[A-Z]+_4: /m)
      assert.notInclude(output, "hunter2")
    })
  )

  it.live("reads .env in the working directory, and lets real variables win", () =>
    Effect.gen(function* () {
      const path = yield* folder
      writeFileSync(join(path, ".env"), "LOG_LEVEL=loud\nGRAPH_CLOUD=mine\n")
      const { output } = yield* outcome(["run"], { GRAPH_CLOUD: "china" }, path)
      assert.include(output, "LOG_LEVEL")
      assert.notInclude(output, "GRAPH_CLOUD")
    })
  )

  it.live("migrates what it can reach, names what it cannot, and ends with 75", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* admin`drop schema inquiries_mailer cascade`
      const env = environment(database, standIn.origin)
      const second = Object.fromEntries(
        ["TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "FROM_EMAIL", "TO_EMAIL"].map((name) => [`${name}_2`, env[name]!])
      )
      const { code, output } = yield* outcome(["migrate"], {
        ...{ ...env, ...second },
        DATABASE_URL_2: ["postgres://someone:hunter2", "127.0.0.1:1/elsewhere"].join("@")
      })
      assert.strictEqual(code, 75, output)
      assert.include(output, "autos: watches public.inquiries")
      assert.match(output, /elsewhere: not migrated: nothing accepts connections/)
      assert.notInclude(output, "hunter2")
      const again = yield* outcome(["migrate"], env)
      assert.strictEqual(again.code, 0)
      assert.include(again.output, "unchanged")
    }).pipe(silently)
  )

  it.live("says why a table cannot be watched, and ends with 78", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* admin`alter table inquiries drop constraint inquiries_pkey`
      const { code, output } = yield* outcome(["migrate"], environment(database, standIn.origin))
      assert.strictEqual(code, 78)
      assert.include(output, "has no primary key")
    }).pipe(silently)
  )

  it.live("refuses a copy of another database with 78 until it is adopted, and says what was parked", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.insertInquiry(admin, 1)
      yield* admin`update inquiries_mailer.identity set database_oid = '1'`
      const env = environment(database, standIn.origin)
      const refused = yield* outcome(["migrate"], env)
      assert.strictEqual(refused.code, 78)
      assert.include(refused.output, "autos: cannot watch it: this is a copy of another database")
      const adopted = yield* outcome(["migrate", "--adopt"], env)
      assert.strictEqual(adopted.code, 0)
      assert.include(adopted.output, "autos: parked 1 notices")
    }).pipe(silently)
  )
})
