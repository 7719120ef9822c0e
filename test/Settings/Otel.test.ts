// Where traces, metrics and log lines go, by the standard variables of OpenTelemetry.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { complete, places, refused, settle } from "./harness.ts"

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel.example.com:4318" }
const otelOf = (variables: Readonly<Record<string, string>>) =>
  Effect.map(settle({ ...complete, ...variables }), ({ otel }) => otel)

describe("the variables of OpenTelemetry", () => {
  it.effect.each([
    {},
    { OTEL_SERVICE_NAME: "mailer", OTEL_TRACES_SAMPLER: "jaeger_remote", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    { ...endpoint, OTEL_SDK_DISABLED: "TRUE", OTEL_TRACES_SAMPLER: "jaeger_remote" },
    { ...endpoint, OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" }
  ])("export nothing without an address, or where they are switched off %#", (variables) =>
    Effect.gen(function* () {
      assert.isUndefined(yield* otelOf(variables))
    })
  )

  it.effect("with an address alone export all three kinds, as the specification has it", () =>
    Effect.gen(function* () {
      const otel = yield* otelOf(endpoint)
      const base = endpoint.OTEL_EXPORTER_OTLP_ENDPOINT
      assert.deepStrictEqual(
        [otel?.traces?.url, otel?.metrics?.url, otel?.logs?.url],
        [`${base}/v1/traces`, `${base}/v1/metrics`, `${base}/v1/logs`]
      )
      assert.strictEqual(otel?.traces?.protocol, "http/protobuf")
      assert.deepInclude(otel, {
        ...{ ratio: 1, service: "inquiries-mailer", timeout: 10_000, metricsEvery: 60_000 },
        ...{ compression: "none", temporality: "cumulative", resource: {} }
      })
    })
  )

  it.effect("may say otherwise for one kind, whose address is taken as it is", () =>
    Effect.gen(function* () {
      const otel = yield* otelOf({
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://Traces.example.com/In/v1/traces",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: "API-Key=Se%20cret,x=1",
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=Cars,deployment.environment.name=Prod",
        OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
        OTEL_TRACES_SAMPLER_ARG: "0.25"
      })
      assert.deepInclude(otel, { metrics: undefined, logs: undefined, ratio: 0.25, service: "Cars" })
      assert.deepInclude(otel?.traces, { url: "https://Traces.example.com/In/v1/traces", protocol: "http/json" })
      const headers = otel?.traces?.headers
      assert.deepStrictEqual(headers && Redacted.value(headers), { "API-Key": "Se cret", x: "1" })
      assert.notInclude(JSON.stringify(otel) + String(headers), "cret")
    })
  )

  it.effect.each([
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://u:c4n4ry@example.com"],
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://example.com/?key=c4n4ry"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "c4n4ry"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=c4n4ry%0a"],
    ["OTEL_EXPORTER_OTLP_LOGS_HEADERS", "a=%c4n4ry"],
    ["OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/ca.pem"],
    ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "10s"],
    ["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "lowmemory"],
    ["OTEL_TRACES_EXPORTER", "zipkin"],
    ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5"],
    ["OTEL_RESOURCE_ATTRIBUTES", "production"]
  ] as const)(
    "are refused where they ask for what is not there: %s=%s, and no secret stands in the complaint",
    ([name, value]) =>
      Effect.gen(function* () {
        const variables = { ...complete, ...endpoint, [name]: value }
        assert.deepStrictEqual(yield* places(variables), [name])
        const { issues, message } = yield* refused(variables)
        assert.notInclude(JSON.stringify(issues) + message, "c4n4ry")
        assert.match(issues[0].example, /^[A-Z_]+=[^=]/)
      })
  )

  it.effect("send no key in the clear, except to this machine", () =>
    Effect.gen(function* () {
      const key = { OTEL_EXPORTER_OTLP_HEADERS: "api-key=c4n4ry" }
      assert.deepStrictEqual(yield* places({ ...complete, ...endpoint, ...key }), ["OTEL_EXPORTER_OTLP_HEADERS"])
      assert.isDefined(yield* otelOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", ...key }))
      assert.isDefined(yield* otelOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://otel.example.com", ...key }))
    })
  )
})
