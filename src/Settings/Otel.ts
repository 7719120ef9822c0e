// Where traces, metrics and log lines go: the standard variables of OpenTelemetry. They are ours only where an address is set
// and OTEL_SDK_DISABLED is not true; a platform may set the others for other programs.
import { Record, Redacted, Schema } from "effect"
import type { Options as Otel, Signal } from "../Otlp.ts"
import { parseNumber, parsePairs, collectorAddress } from "./OtelText.ts"
import type { Environment, Problem } from "./Source.ts"
import { isLocal } from "./Tls.ts"
import { text } from "./Words.ts"

const words = <const L extends readonly [string, ...ReadonlyArray<string>]>(list: L, more = "") => {
  const said = list.length === 1 ? list[0] : `${list.slice(0, -1).join(", ")} or ${list.at(-1)}`
  return Schema.optionalKey(Schema.Literals(list).annotate({ message: `must be ${said}${more}` }))
}
const address = Schema.optionalKey(
  text((value) =>
    collectorAddress(value) === undefined
      ? "must be http:// or https:// with a host, without a user, a password, ? and #: a key belongs into OTEL_EXPORTER_OTLP_HEADERS"
      : undefined
  )
)
const pairs = Schema.optionalKey(
  text((value) =>
    parsePairs(value) === undefined
      ? "must be name=value pairs with commas between them, and %20 and the like for what is special in a value"
      : undefined
  )
)
const protocol = words(
  ["http/json", "http/protobuf"],
  ": grpc is not there, and collectors listen for http on port 4318"
)
const exporter = words(["otlp", "none"])
const millis = Schema.optionalKey(
  text((value) =>
    parseNumber(value, 100, 600_000) === undefined ? "must be milliseconds, from 100 to 600000" : undefined
  )
)
const unsupported = (instead: string) => Schema.optionalKey(text(() => `is not supported: ${instead}`))
const trust = unsupported("Node trusts a further authority with NODE_EXTRA_CA_CERTS")

export const otelFields = {
  OTEL_EXPORTER_OTLP_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: pairs,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_COMPRESSION: words(["none", "gzip"]),
  OTEL_EXPORTER_OTLP_TIMEOUT: millis,
  OTEL_EXPORTER_OTLP_CERTIFICATE: trust,
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: unsupported("put a key into OTEL_EXPORTER_OTLP_HEADERS"),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: words(["cumulative", "delta"]),
  OTEL_METRIC_EXPORT_INTERVAL: millis,
  OTEL_TRACES_EXPORTER: exporter,
  OTEL_METRICS_EXPORTER: exporter,
  OTEL_LOGS_EXPORTER: exporter,
  OTEL_SERVICE_NAME: Schema.optionalKey(Schema.String),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: words([
    ...(["always_on", "always_off", "traceidratio"] as const),
    ...(["parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"] as const)
  ]),
  OTEL_TRACES_SAMPLER_ARG: Schema.optionalKey(
    text((value) => (parseNumber(value, 0, 1) === undefined ? "must be a number from 0 to 1" : undefined))
  )
}

type OtelName = keyof typeof otelFields
type Variables = Schema.Struct.Type<typeof otelFields>

const kinds = ["TRACES", "METRICS", "LOGS"] as const
const endpoint = /^OTEL_EXPORTER_OTLP_(?:[A-Z]+_)?ENDPOINT$/

export const isOtelName = (name: string): name is OtelName => Object.hasOwn(otelFields, name)

export const wantsOtel = (env: Environment): boolean =>
  env.get("OTEL_SDK_DISABLED")?.trim().toLowerCase() !== "true" &&
  [...env.keys()].some((name) => isOtelName(name) && endpoint.test(name))

/** What is case-sensitive, among it what holds secrets. */
export const otelAsWritten: ReadonlyArray<OtelName> = Object.keys(otelFields)
  .filter(isOtelName)
  .filter((name) => /ENDPOINT$|HEADERS$|SERVICE_NAME|RESOURCE_ATTRIBUTES/.test(name))

/** What to write instead. */
export const otelExample = (name: OtelName): string => {
  if (name === "OTEL_EXPORTER_OTLP_CERTIFICATE") return "NODE_EXTRA_CA_CERTS=/etc/ssl/ours.pem"
  if (name === "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") return "OTEL_EXPORTER_OTLP_HEADERS=api-key=…"
  return `${name}=${valueExample(name)}`
}

const valueExample = (name: OtelName): string => {
  if (endpoint.test(name)) return "http://127.0.0.1:4318"
  if (name.endsWith("_HEADERS")) return "api-key=…"
  if (name.endsWith("_PROTOCOL")) return "http/protobuf"
  if (name === "OTEL_RESOURCE_ATTRIBUTES") return "deployment.environment.name=production"
  if (/TIMEOUT$|INTERVAL$/.test(name)) return "10000"
  if (name.endsWith("_EXPORTER")) return "otlp"
  const examples: Partial<Record<OtelName, string>> = {
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "cumulative",
    OTEL_TRACES_SAMPLER: "traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.1"
  }
  return examples[name] ?? ""
}

/** Headers hold a secret: they go out encrypted, or to this machine. Of variables that may still be wrong. */
export const inTheClear = (set: Readonly<Record<string, string>>): ReadonlyArray<Problem> => {
  const found = kinds.flatMap((kind) => {
    const own = `OTEL_EXPORTER_OTLP_${kind}_HEADERS`
    const at = set[own] === undefined ? "OTEL_EXPORTER_OTLP_HEADERS" : own
    const url = set[`OTEL_EXPORTER_OTLP_${kind}_ENDPOINT`] ?? set["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? ""
    if (Record.isEmptyRecord(parsePairs(set[at] ?? "") ?? {}) || !URL.canParse(url)) return []
    const { hostname, protocol } = new URL(url)
    return protocol !== "http:" || isLocal(hostname.replace(/^\[(.*)\]$/, "$1")) ? [] : [at]
  })
  const problem = "would go out in the clear: the address must be https://, or on this machine"
  return [...new Set(found)].map((at) => ({ path: [at], problem }))
}

const signalOf = (set: Variables, kind: (typeof kinds)[number]): Signal | undefined => {
  const path = `/v1/${kind.toLowerCase()}`
  const base = set.OTEL_EXPORTER_OTLP_ENDPOINT
  const url =
    set[`OTEL_EXPORTER_OTLP_${kind}_ENDPOINT`] ?? (base === undefined ? undefined : base.replace(/\/*$/, path))
  if (url === undefined || set[`OTEL_${kind}_EXPORTER`] === "none") return undefined
  const headers = set[`OTEL_EXPORTER_OTLP_${kind}_HEADERS`] ?? set.OTEL_EXPORTER_OTLP_HEADERS ?? ""
  return {
    url,
    headers: Redacted.make(parsePairs(headers) ?? {}, { label: "OTEL_EXPORTER_OTLP_HEADERS" }),
    protocol: set[`OTEL_EXPORTER_OTLP_${kind}_PROTOCOL`] ?? set.OTEL_EXPORTER_OTLP_PROTOCOL ?? "http/protobuf"
  }
}

/** Undefined where nothing is exported. */
export const otelOf = (set: Variables): Otel | undefined => {
  const [traces, metrics, logs] = kinds.map((kind) => signalOf(set, kind))
  if (traces === undefined && metrics === undefined && logs === undefined) return undefined
  const resource = parsePairs(set.OTEL_RESOURCE_ATTRIBUTES ?? "") ?? {}
  const sampler = set.OTEL_TRACES_SAMPLER ?? "always_on"
  const share = parseNumber(set.OTEL_TRACES_SAMPLER_ARG ?? "1", 0, 1) ?? 1
  return {
    ...{ traces, metrics, logs, resource },
    compression: set.OTEL_EXPORTER_OTLP_COMPRESSION ?? "none",
    timeout: Number(set.OTEL_EXPORTER_OTLP_TIMEOUT ?? 10_000),
    metricsEvery: Number(set.OTEL_METRIC_EXPORT_INTERVAL ?? 60_000),
    temporality: set.OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE ?? "cumulative",
    ratio: sampler.endsWith("always_off") ? 0 : sampler.endsWith("traceidratio") ? share : 1,
    service: set.OTEL_SERVICE_NAME ?? resource["service.name"] ?? "inquiries-mailer"
  }
}
