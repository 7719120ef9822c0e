// Plants a canary in every secret setting and in a row, makes everything fail that can, and looks for it in all output.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const canary = "C4n4ry-d0-n0t-sh0w"
const inRow = "Canary-Person"

const insertCanary = (admin: Effect.Success<ReturnType<typeof line.stage>>["admin"]) =>
  admin`insert into inquiries (name, email, subject, message)
    values (${inRow}, ${`${inRow}@example.com`}, ${inRow}, ${inRow})`

const assertSilent = (output: string) => {
  assert.notInclude(output, canary)
  assert.notInclude(output, inRow)
}

describe("secrets and customer data", () => {
  it.live("stand in no output of a worker, whatever Graph, login and database answer", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const role = `canary_${database.address.database}`
      yield* admin.unsafe(`create role ${role} superuser login password '${canary}'`)
      yield* Effect.addFinalizer(() => Effect.ignore(admin.unsafe(`drop role ${role}`)))
      const env = {
        ...environment(database, standIn.origin),
        ...{ PGUSER: role, PGPASSWORD: canary, CLIENT_SECRET: canary, LOG_LEVEL: "trace" },
        // Nobody is there.
        ALERT_WEBHOOK_URL: `http://127.0.0.1:9/${canary}`
      }
      const refusals = [
        { at: "token" as const, kind: { status: 401, code: "invalid_client" } },
        { at: "sendMail" as const, kind: { status: 401, code: "InvalidAuthenticationToken" } },
        { at: "sendMail" as const, kind: { status: 403, code: "ErrorAccessDenied", body: `${inRow} ${canary}` } },
        { at: "sendMail" as const, kind: { status: 503, body: `<html>${inRow}</html>` } },
        { at: "sendMail" as const, kind: { status: 400, body: `{"error":{"code":"x","message":"${inRow}"}}` } },
        { at: "sendMail" as const, kind: "reset-before-read" as const }
      ]
      for (const format of ["json", "pretty"]) {
        for (const refusal of refusals) {
          standIn.faults.clear()
          standIn.faults.push({ ...refusal, times: "forever" })
          const worker = yield* program(["run"], { ...env, LOG_FORMAT: format })
          yield* worker.says("listening")
          yield* insertCanary(admin)
          yield* worker.says(refusal.at === "token" || refusal.kind !== "reset-before-read" ? "inquiries" : "postponed")
          yield* worker.kill("SIGTERM")
          const { output } = yield* worker.ended
          assertSilent(output)
        }
      }
      standIn.faults.clear()
      yield* admin`alter table inquiries rename column message to text`
      const worker = yield* program(["run"], env)
      yield* worker.says("listening")
      yield* admin`alter table inquiries alter column subject type bytea using subject::bytea`
      yield* insertCanary(admin).pipe(Effect.ignore)
      yield* admin.unsafe(`alter role ${role} password 'changed'`)
      yield* admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'inquiries-mailer' and datname = current_database()`
      yield* worker.says("password")
      yield* worker.kill("SIGTERM")
      assertSilent((yield* worker.ended).output)
    }).pipe(silently)
  )

  it.live("stand in no complaint about settings", () =>
    Effect.gen(function* () {
      const databases = JSON.stringify([{ url: canary, mail: { clientSecret: `\${${canary}`, tenantId: 7 } }])
      const wrong: ReadonlyArray<Record<string, string>> = [
        { ALERT_WEBHOOK_URL: `http://example.com/${canary}` },
        { DATABASE_URL: `postgres://user:${canary}@host:port/db`, CLIENT_SECRET: canary },
        { DATABASE_URL: `postgres//user:${canary}@host/db`, CLIENT_SECRET: canary },
        { DATABASE_URL: canary, CLIENT_SECRET: canary, CLIENT_CERTIFICATE: `-----BEGIN PRIVATE KEY----- ${canary}` },
        { DATABASE_URL: `postgres://user:${canary}@host/db?sslmode=${canary}`, CLIENT_SECRET: canary },
        { PGHOST: "host", PGPASSWORD: canary, PGSSLMODE: "x", CLIENT_SECRET: canary, TO_EMAIL: "x" },
        { MAILER_DATABASES: databases },
        { MAILER_DATABASES: `[{"url": "${canary}", ` },
        { MAILER_DATABASES: `${canary}` }
      ]
      for (const env of wrong) {
        for (const command of ["run", "migrate"]) {
          const { code, output } = yield* (yield* program([command], env)).ended
          assert.strictEqual(code, 78)
          assertSilent(output)
        }
      }
    })
  )

  it.live("stand in no complaint of migrate about a database", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const env = { ...environment(database, standIn.origin), CLIENT_SECRET: canary }
      const refused = yield* (yield* program(["migrate"], { ...env, PGPASSWORD: canary })).ended
      assert.strictEqual(refused.code, 75)
      assertSilent(refused.output)
      yield* admin`drop table inquiries cascade`
      const missing = yield* (yield* program(["migrate"], env)).ended
      assert.strictEqual(missing.code, 78)
      assertSilent(missing.output)
    }).pipe(silently)
  )
})
