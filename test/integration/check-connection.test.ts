// `check` with each fault of the settings and of the way to a database: named, repaired as printed, and then sound. What
// hangs holds up nobody.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { chownSync, statSync, writeFileSync } from "node:fs"
import { DatabaseName } from "../../src/Database.ts"
import { selfSigned } from "../Mailer/selfSigned.ts"
import { check, hop, repairs, runSql, setVariables, sound } from "../support/check.ts"
import { limited } from "../support/limited.ts"
import * as line from "../support/line.ts"
import { missing, pooled } from "../support/pooler.ts"
import { proxy } from "../../scripts/stage/proxy.ts"
import { silently } from "../support/quiet.ts"
import { environment } from "../support/worker.ts"

const staged = Effect.fnUntraced(function* () {
  const { admin, database, standIn } = yield* line.stage()
  return { admin, database, standIn, env: environment(database, standIn.origin) }
})

describe("check", () => {
  it.live("says every mistake in the settings with a line that sets it right, and ends with 1", () =>
    Effect.gen(function* () {
      const { env } = yield* staged()
      const { CLIENT_SECRET = "", TO_EMAIL = "", ...rest } = env
      const { code, output } = yield* check({ ...rest, TIME_ZONE: "Mars/Olympus" })
      assert.strictEqual(code, 1)
      let healed: Readonly<Record<string, string>> = rest
      for (const name of ["CLIENT_SECRET", "TO_EMAIL", "TIME_ZONE"]) {
        healed = setVariables(healed, output, name, { CLIENT_SECRET, TO_EMAIL })
      }
      yield* sound(healed)
    }).pipe(silently)
  )

  it.live("names the step at which a server cannot be reached, and the variable to correct", () =>
    Effect.gen(function* () {
      const { env } = yield* staged()
      const { PGDATABASE = "", PGHOST = "", PGPASSWORD = "", PGPORT = "" } = env
      const known = { PGDATABASE, PGHOST, PGPASSWORD, PGPORT }
      for (const [wrong, name, why] of [
        [{ PGHOST: "nowhere.invalid" }, "name", /cannot be resolved/],
        [{ PGPORT: "1" }, "port", /nothing accepts connections/],
        [{ PGSSLMODE: "require" }, "encryption", /offers no encryption/],
        [{ PGPASSWORD: "hunter2" }, "login", /refuses the password/]
      ] as const) {
        const bad: Readonly<Record<string, string>> = { ...env, ...wrong }
        const { code, output } = yield* check(bad)
        assert.strictEqual(code, 1, output)
        assert.match(hop(output, name), /^ {2}✗ /)
        assert.match(hop(output, name), why)
        assert.notInclude(output, "hunter2")
        yield* sound(setVariables(bad, output, name, known))
      }
    }).pipe(silently)
  )

  it.live("writes the repair where the settings are: a numbered variable, a URL, a place in the JSON", () =>
    Effect.gen(function* () {
      const { env } = yield* staged()
      const numbered = Object.fromEntries(
        Object.entries(env).map(([name, value]) => [
          /^(PG|TENANT|CLIENT|FROM|TO|NAME)/.test(name) ? `${name}_7` : name,
          value
        ])
      )
      const { output } = yield* check({ ...numbered, TABLE_7: "inquiries", PGPORT_7: "1" })
      assert.include(repairs(output, "port", "set"), "PGPORT_7=<its port>")
      const url = { DATABASE_URL: ["postgres://mailer:hunter2", "127.0.0.1:1/autos"].join("@") }
      const byUrl = yield* check({
        ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("PG"))),
        ...url
      })
      assert.deepStrictEqual(repairs(byUrl.output, "port", "set"), [
        ["DATABASE_URL=postgres://mailer:<password>", "<the server's name>:<its port>/autos"].join("@")
      ])
      const { TENANT_ID: tenantId, CLIENT_ID: clientId } = env
      const mail = { tenantId, clientId, clientSecret: "hunter2", from: "a@example.com", to: ["b@example.com"] }
      const MAILER_DATABASES = JSON.stringify([{ url: url.DATABASE_URL, tables: [{ table: "inquiries" }], mail }])
      const inJson = yield* check({
        MAILER_DATABASES,
        PATH: env["PATH"] ?? "",
        GRAPH_EMULATOR_URL: "http://127.0.0.1:1"
      })
      assert.match(repairs(inJson.output, "port", "set").join(), /^MAILER_DATABASES\[0\]\.url = "postgres:/)
      assert.notInclude(output + byUrl.output + inJson.output, "hunter2")
    }).pipe(silently)
  )

  it.live(
    "heals a database that does not exist and a role that may not log in, connect, or connect once more",
    () =>
      Effect.gen(function* () {
        const { admin, database, env } = yield* staged()
        const { role } = yield* limited(admin, database)
        const name = database.address.database
        const asRole = { ...env, PGUSER: role }
        for (const [fault, why] of [
          [`alter role ${role} nologin`, /may not log in/],
          [`alter role ${role} connection limit 0`, /no free connection/],
          [`revoke connect on database ${name} from public`, /may not connect/]
        ] as const) {
          yield* admin.unsafe(fault)
          const { code, output } = yield* check(asRole)
          assert.strictEqual(code, 1, output)
          assert.match(hop(output, "login"), why)
          yield* runSql(admin, output, "login")
          yield* sound(asRole)
        }
        const absent = { ...env, PGDATABASE: `${name}_absent` }
        const { output } = yield* check(absent)
        yield* Effect.addFinalizer(() => Effect.ignore(admin.unsafe(`drop database ${name}_absent`)))
        yield* runSql(admin, output, "login")
        assert.match(hop((yield* check(absent)).output, "login"), /^ {2}✓ /)
        yield* sound(setVariables(absent, output, "login", { PGDATABASE: name }))
      }).pipe(silently),
    120_000
  )

  it.live("heals a certificate of an unknown authority", () =>
    Effect.gen(function* () {
      const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
      const { certificate, key } = selfSigned()
      const { gid, uid } = statSync(server.directory)
      const file = (name: string, text: string) => {
        const path = `${server.directory}/${name}`
        writeFileSync(path, text, { mode: 0o600 })
        chownSync(path, uid, gid)
        return path
      }
      const ca = file("server.crt", certificate)
      for (const [name, value] of [
        ["ssl_cert_file", ca],
        ["ssl_key_file", file("server.key", key)],
        ["ssl", "on"]
      ] as const) {
        yield* admin.unsafe(`alter system set ${name} = '${value}'`)
      }
      yield* admin`select pg_reload_conf()`
      const env = { ...environment(database, standIn.origin), PGHOST: "localhost", PGSSLMODE: "verify-full" }
      const { code, output } = yield* check(env)
      assert.strictEqual(code, 1, output)
      assert.match(hop(output, "encryption"), /^ {2}✗ .*self-signed/)
      const healed = yield* sound(setVariables(env, output, "encryption", { PGSSLROOTCERT: ca }))
      assert.match(hop(healed, "encryption"), /TLSv1\.3, the server is verified/)
    }).pipe(silently)
  )

  it.live("of a server that never answers says so in time, and holds up no other database for it", () =>
    Effect.gen(function* () {
      const { database, env, standIn } = yield* staged()
      yield* line.migrated(database, { ...database, name: DatabaseName.make("silent") })
      const between = yield* proxy(database.address.port)
      yield* between.fallSilent
      const silent = {
        ...environment({ ...database, address: { ...database.address, port: between.port } }, standIn.origin)
      }
      const second = Object.fromEntries(
        Object.entries(silent).flatMap(([name, value]) =>
          /^(PG|TENANT|CLIENT|FROM|TO)/.test(name) ? [[`${name}_2`, value]] : []
        )
      )
      const both = yield* check({ ...env, ...second, NAME_2: "silent", TABLE_2: "inquiries" }).pipe(Effect.timed)
      const [took, { code, output }] = both
      assert.isBelow(Duration.toSeconds(took), 30)
      assert.strictEqual(code, 1)
      assert.isBelow(output.indexOf("\nautos\n"), output.indexOf("\nsilent\n"))
      const [good = "", bad = ""] = output.split("\nsilent\n")
      assert.notMatch(good, /^ {2}[✗!?]/m)
      assert.match(bad, /^ {2}✗ login/m)
      yield* between.speak
      yield* sound({ ...env, ...second, NAME_2: "silent", TABLE_2: "inquiries", NAME: "autos" })
    }).pipe(silently)
  )

  it.live.skipIf(missing !== undefined)("finds a pooler in transaction mode by what it swallows, and ends with 2", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* staged()
      const env = environment(yield* pooled(database, "transaction"), standIn.origin)
      const { code, output } = yield* check(env)
      assert.strictEqual(code, 2, output)
      assert.match(hop(output, "notifications"), /^ {2}! .*pooler/)
      const direct = { PGHOST: database.address.host, PGPORT: String(database.address.port) }
      const all = setVariables(env, output, "notifications", direct)
      // Either of the two is enough.
      yield* sound({ ...env, ...direct })
      yield* sound({ ...env, WAKE: all["WAKE"] ?? "" })
    }).pipe(silently)
  )
})
