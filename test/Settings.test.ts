// All mistakes at once, no secret in any of them, and what the domain gets when there are none.
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { own } from "./Settings/certificate.ts"
import {
  asJson,
  complete,
  entry,
  mail,
  numberedAs,
  places,
  refused,
  secretOf,
  settle,
  type Variables
} from "./Settings/harness.ts"

const canary = "c4n4ry"

describe("settings with mistakes", () => {
  it.effect("that are none at all say what to set", () =>
    Effect.gen(function* () {
      const { issues } = yield* refused({})
      assert.strictEqual(issues.length, 1)
      for (const name of ["DATABASE_URL", "TENANT_ID", "CLIENT_SECRET", "MAILER_DATABASES", "MAILER_CONFIG"]) {
        assert.include(issues[0].problem, name)
      }
    })
  )

  it.effect("in nine numbered variables report nine", () =>
    Effect.gen(function* () {
      const { CLIENT_ID: _, ...incomplete } = mail
      const found = yield* places({
        ...incomplete,
        DATABASE_URL: "postgres://u:p/w@h/d",
        FROM_EMAIL: "Sales <noreply@example.com>",
        ...numberedAs(2, { ...complete, TO_EMAIL: "office", TIME_ZONE: "Mars/Base", PGSSLMODE: "prefer" }),
        ...numberedAs(5, { ...complete, TENANT_ID: "a/b" }),
        LOG_LEVEL: "loud"
      })
      assert.deepStrictEqual(found, [
        ...["DATABASE_URL", "CLIENT_ID", "FROM_EMAIL"],
        ...["PGSSLMODE_2", "TIME_ZONE_2", "TO_EMAIL_2"],
        ...["TABLE_5", "TENANT_ID_5", "LOG_LEVEL"]
      ])
    })
  )

  it.effect("in nine places of the JSON report nine", () =>
    Effect.gen(function* () {
      const first = {
        url: "${NOT_SET}",
        timeZone: "Mars/Base",
        tables: [{ table: "Inquiries" }, { table: "b", template: "x" }],
        mail: { tenantId: "a b", clientId: "c", clientSecret: "s", form: "noreply@example.com", to: ["office"] }
      }
      const found = yield* places({
        ...asJson(first, { ...entry, tabels: [] }),
        GRAPH_EMULATOR_URL: "http://example.com"
      })
      assert.deepStrictEqual(found, [
        "MAILER_DATABASES[0].url",
        "MAILER_DATABASES[0].timeZone",
        "MAILER_DATABASES[0].tables[0].table",
        "MAILER_DATABASES[0].tables[1].template",
        "MAILER_DATABASES[0].mail.form",
        "MAILER_DATABASES[0].mail.tenantId",
        "MAILER_DATABASES[0].mail.to[0]",
        "MAILER_DATABASES[1].tabels",
        "GRAPH_EMULATOR_URL"
      ])
    })
  )

  it.effect("are told on one line each, with an example", () =>
    Effect.gen(function* () {
      const error = yield* refused({ ...complete, TENANT_ID: "", LOG_LEVEL: "loud" })
      assert.deepStrictEqual(error.message.split("\n"), [
        "TENANT_ID: is not set. Example: TENANT_ID=example.onmicrosoft.com",
        "LOG_LEVEL: must be trace, debug, info, warn or error. Example: LOG_LEVEL=info"
      ])
      assert.strictEqual(String(error), error.message)
    })
  )
})

describe("a secret", () => {
  const url = `postgres://u:${canary}@h/d`
  const broken = { PGHOST: "a b", PGPORT: "x", PGDATABASE: "", PGUSER: "u\n", PGPASSWORD: `${canary}\0` }
  const key = own.key.replace("MII", canary)
  const jsonMail = { ...entry.mail, clientSecret: canary }
  const inJson = { ...entry, url, mail: jsonMail }
  const cases: ReadonlyArray<readonly [string, Variables]> = [
    ["in a URL with a wrong port", { ...complete, DATABASE_URL: `postgres://u:${canary}@h:99999/d` }],
    ["in a URL of another kind", { ...complete, DATABASE_URL: `mysql://u:${canary}@h/d` }],
    ["in a URL with an unknown parameter", { ...complete, DATABASE_URL: `${url}?${canary}=${canary}` }],
    ["in a URL with a parameter that is refused", { ...complete, DATABASE_URL: `${url}?options=${canary}` }],
    ["in a URL's CA", { ...complete, DATABASE_URL: `${url}?sslrootcert=${canary}` }],
    ["beside broken parts of an address", { ...mail, ...broken, CLIENT_SECRET: canary, FROM_EMAIL: canary }],
    ["in the client's secret, with everything else missing", { CLIENT_SECRET: canary }],
    ["beside a certificate", { ...complete, CLIENT_SECRET: canary, CLIENT_CERTIFICATE: key }],
    [
      "in a certificate that cannot be read",
      { ...complete, CLIENT_SECRET: "", CLIENT_CERTIFICATE: key + own.certificate }
    ],
    ["in every wrong variable", Object.fromEntries(Object.keys(complete).map((name) => [name, `${canary} ${canary}`]))],
    [
      "in the words of the service",
      { ...complete, GRAPH_CLOUD: canary, GRAPH_EMULATOR_URL: canary, LOG_LEVEL: canary }
    ],
    ["in a file's name", { MAILER_CONFIG: canary }],
    ["in JSON that cannot be parsed", { MAILER_DATABASES: `[{"mail":{"clientSecret":"${canary}" x}}]` }],
    [
      "in JSON with other mistakes",
      asJson({ ...inJson, timeZone: canary, tables: [{ table: `${canary} X` }], name: "" })
    ],
    ["in JSON of the wrong shape", asJson(canary, [canary], { url: [canary], mail: { clientSecret: { a: canary } } })],
    ["in a variable that JSON names", { ...asJson({ ...entry, url: "${U}", mail: jsonMail }), U: `${url}/${canary}` }],
    ["in both sources at once", { ...asJson(inJson), ...complete, CLIENT_SECRET: canary, DATABASE_URL: url }]
  ]

  it.effect.each(cases)("%s is in no error", ([, variables]) =>
    Effect.gen(function* () {
      const error = yield* refused(variables)
      for (const said of [
        error.message,
        String(error),
        error.stack ?? "",
        JSON.stringify(error),
        inspect(error, { depth: 20 })
      ]) {
        assert.notInclude(said, canary)
      }
    })
  )

  it.effect("is shown by no print of valid settings", () =>
    Effect.gen(function* () {
      const CLIENT_SECRET_2 = ""
      const pem = { CLIENT_SECRET_2, CLIENT_CERTIFICATE_2: own.key + own.certificate }
      const variables = { ...complete, DATABASE_URL: url, CLIENT_SECRET: canary, ...numberedAs(2, complete), ...pem }
      const settings = yield* settle(variables)
      for (const shown of [JSON.stringify(settings), inspect(settings, { depth: 20 })]) {
        assert.notInclude(shown, canary)
        assert.notInclude(shown, own.key.split("\n")[3] ?? "")
      }
      assert.strictEqual(secretOf(settings.databases[0]), canary)
    })
  )
})

describe("databases", () => {
  it.effect("get their database's name, made unique beside chosen ones", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle(
        asJson(entry, { ...entry, name: "autos-2" }, entry, entry, { ...entry, name: "b" })
      )
      assert.deepStrictEqual(
        databases.map(({ name }) => String(name)),
        ["autos", "autos-2", "autos-3", "autos-4", "b"]
      )
    })
  )

  it.effect("of one application share one credential", () =>
    Effect.gen(function* () {
      const other = (change: object) => ({ ...entry, mail: { ...entry.mail, ...change } })
      const { databases } = yield* settle(
        asJson(entry, other({ tenantId: "AUTOS.example.com" }), other({ clientSecret: "x" }), other({ clientId: "x" }))
      )
      const [first, second, third, fourth] = databases.map(({ credential }) => credential)
      assert.strictEqual(first, second)
      assert.notStrictEqual(first, third)
      assert.notStrictEqual(first, fourth)
    })
  )
})
