// What all databases share: the cloud, the log and the address of alerts.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { fromEnvironment } from "../../src/Settings.ts"
import { complete, files, places, refused, settle } from "./harness.ts"

describe("the cloud", () => {
  it.effect.each([
    [undefined, "https://login.microsoftonline.com", "https://graph.microsoft.com"],
    ["global", "https://login.microsoftonline.com", "https://graph.microsoft.com"],
    ["USGOV", "https://login.microsoftonline.us", "https://graph.microsoft.us"],
    ["dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"],
    ["china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"]
  ] as const)("%s has its own login and Graph", ([cloud, login, graph]) =>
    Effect.gen(function* () {
      const { databases } = yield* settle({ ...complete, ...(cloud === undefined ? {} : { GRAPH_CLOUD: cloud }) })
      assert.deepStrictEqual(databases[0]?.credential.cloud, { login, graph, emulated: false })
    })
  )

  it.effect.each([
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://localhost:8080/", "http://localhost:8080"],
    ["https://[::1]:8443", "https://[::1]:8443"]
  ] as const)("may be an emulator at %s", ([written, origin]) =>
    Effect.gen(function* () {
      const { databases } = yield* settle({ ...complete, GRAPH_EMULATOR_URL: written, GRAPH_CLOUD: "dod" })
      assert.deepStrictEqual(databases[0]?.credential.cloud, { login: origin, graph: origin, emulated: true })
    })
  )

  it.effect.each([
    "http://example.com:8080",
    "http://127.0.0.1.example.com",
    "http://127.0.0.1@example.com",
    "http://10.0.0.1:80",
    "http://[::2]:80",
    "http://127.0.0.1:80/graph",
    "http://127.0.0.1:80/?a",
    "http://u:p@127.0.0.1:80",
    "ftp://127.0.0.1",
    "127.0.0.1:80",
    "http://0.0.0.0:80"
  ])("may not be an emulator at %s, where secrets would leave this machine or go astray", (GRAPH_EMULATOR_URL) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* places({ ...complete, GRAPH_EMULATOR_URL }), ["GRAPH_EMULATOR_URL"])
    })
  )
})

describe("the log", () => {
  it.effect.each([
    [{}, false, { level: "Info", format: "json" }],
    [{}, true, { level: "Info", format: "pretty" }],
    [{ LOG_FORMAT: "pretty" }, false, { level: "Info", format: "pretty" }],
    [{ LOG_FORMAT: "json", LOG_LEVEL: "trace" }, true, { level: "Trace", format: "json" }],
    [{ LOG_LEVEL: "DEBUG" }, false, { level: "Debug", format: "json" }],
    [{ LOG_LEVEL: "warn" }, false, { level: "Warn", format: "json" }],
    [{ LOG_LEVEL: "error" }, false, { level: "Error", format: "json" }]
  ] as const)("is written as asked, or as fits the terminal %#", ([variables, terminal, expected]) =>
    Effect.gen(function* () {
      const settings = yield* fromEnvironment({ ...complete, ...variables }, terminal)
      assert.deepStrictEqual(settings.log, expected)
    }).pipe(Effect.provide(files({})))
  )

  it.effect("and the cloud refuse other words", () =>
    Effect.gen(function* () {
      const wrong = { GRAPH_CLOUD: "mars", LOG_LEVEL: "loud", LOG_FORMAT: "xml" }
      assert.sameMembers([...(yield* places({ ...complete, ...wrong }))], Object.keys(wrong))
    })
  )
})

describe("the address of alerts", () => {
  it.effect.each([
    "https://hooks.example.com/services/T0/A-Secret-Part?key=Abc",
    "http://127.0.0.1:9000/Hook",
    "http://[::1]:9000/"
  ])("%s is taken as it is, and as a secret", (ALERT_WEBHOOK_URL) =>
    Effect.gen(function* () {
      const { webhook } = yield* settle({ ...complete, ALERT_WEBHOOK_URL: ` ${ALERT_WEBHOOK_URL} ` })
      assert.strictEqual(webhook === undefined ? "" : Redacted.value(webhook), ALERT_WEBHOOK_URL)
      assert.notInclude(String(webhook), "hooks")
    })
  )

  it.effect("may be absent: then nobody hears", () =>
    Effect.gen(function* () {
      assert.isUndefined((yield* settle(complete)).webhook)
    })
  )

  it.effect.each([
    "http://hooks.elsewhere.example/s",
    "hooks.elsewhere.example",
    "ftp://127.0.0.1/s",
    "https://a.example.com/#s"
  ])("%s is refused, and stands in no complaint", (ALERT_WEBHOOK_URL) =>
    Effect.gen(function* () {
      const { issues, message } = yield* refused({ ...complete, ALERT_WEBHOOK_URL })
      assert.deepStrictEqual(
        issues.map(({ at }) => at),
        ["ALERT_WEBHOOK_URL"]
      )
      assert.notInclude(JSON.stringify(issues) + message, ALERT_WEBHOOK_URL)
    })
  )
})

describe("who is told without asking", () => {
  it.effect("is nobody, unless it is set", () =>
    Effect.gen(function* () {
      const { alertEmail, receipt, webhookFormat } = yield* settle(complete)
      assert.deepStrictEqual(
        { alertEmail, receipt, webhookFormat },
        { alertEmail: [], webhookFormat: undefined, receipt: { to: [], hour: 8, minute: 0, timeZone: "UTC" } }
      )
    })
  )

  it.effect("has addresses, a time of day, a zone and a shape", () =>
    Effect.gen(function* () {
      const { alertEmail, receipt, webhookFormat } = yield* settle({
        ...complete,
        ALERT_EMAIL: "IT@example.com, boss@example.com",
        ALERT_WEBHOOK_FORMAT: "Teams",
        RECEIPT_EMAIL: "office@example.com",
        RECEIPT_AT: "7:05",
        RECEIPT_TIME_ZONE: "America/Toronto"
      })
      assert.deepStrictEqual(alertEmail, ["IT@example.com", "boss@example.com"])
      assert.strictEqual(webhookFormat, "teams")
      assert.deepStrictEqual(receipt, { to: ["office@example.com"], hour: 7, minute: 5, timeZone: "America/Toronto" })
    })
  )

  it.effect("refuses what is none of these, each at its place", () =>
    Effect.gen(function* () {
      const wrong = {
        ...{ ALERT_EMAIL: "IT <it@example.com>", RECEIPT_EMAIL: ",", RECEIPT_AT: "24:00", RECEIPT_TIME_ZONE: "+02:00" },
        ALERT_WEBHOOK_FORMAT: "xml"
      }
      assert.sameMembers([...(yield* places({ ...complete, ...wrong }))], Object.keys(wrong))
    })
  )

  it.effect("hears of a secret's last day, which is one of the calendar", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle({ ...complete, CLIENT_SECRET_EXPIRES: "2028-02-29" })
      const proof = databases[0]?.credential.proof
      assert.strictEqual(proof?._tag === "Secret" ? proof.expires : "", "2028-02-29")
      for (const CLIENT_SECRET_EXPIRES of ["2027-02-29", "31.12.2027", "2027-1-1", "soon"]) {
        const { issues } = yield* refused({ ...complete, CLIENT_SECRET_EXPIRES })
        assert.deepStrictEqual(
          issues.map(({ at, problem }) => [at, problem]),
          [["CLIENT_SECRET_EXPIRES", "must be a day, written YYYY-MM-DD"]]
        )
      }
    })
  )
})
