// What all databases share: the cloud and the log.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fromEnvironment } from "../../src/Settings.ts"
import { complete, files, places, settle } from "./harness.ts"

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
