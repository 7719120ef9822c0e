// The settings that all databases share: which cloud answers, how the log is written, where HTTP is served and alerts go.
import type { LogLevel } from "effect"
import { Option, Redacted, Schema } from "effect"
import type { Cloud } from "../Credential.ts"
import { clusterExamples, clusterFields } from "./Cluster.ts"
import { endpointExamples, endpointFields, isEndpointName } from "./Endpoint.ts"
import { isOtelName, otelAsWritten, otelExample, otelFields, wantsOtel } from "./Otel.ts"
import type { Environment } from "./Source.ts"
import { isLocal } from "./Tls.ts"
import { toldExamples, toldFields } from "./Told.ts"
import { text } from "./Words.ts"

const clouds: Readonly<Record<"global" | "usgov" | "dod" | "china", readonly [login: string, graph: string]>> = {
  global: ["https://login.microsoftonline.com", "https://graph.microsoft.com"],
  usgov: ["https://login.microsoftonline.us", "https://graph.microsoft.us"],
  dod: ["https://login.microsoftonline.us", "https://dod-graph.microsoft.us"],
  china: ["https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"]
}

const levels = { trace: "Trace", debug: "Debug", info: "Info", warn: "Warn", error: "Error" } as const

/** A secret that reached the emulator's address would go out in the clear, so it has to be this machine. */
const emulatorOrigin = (written: string): Option.Option<string> => {
  if (!URL.canParse(written)) return Option.none()
  const url = new URL(written)
  const local = isLocal(url.hostname.replace(/^\[(.*)\]$/, "$1"))
  const bare =
    url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" && url.password === ""
  return local && bare && ["http:", "https:"].includes(url.protocol) ? Option.some(url.origin) : Option.none()
}

/** It is a secret: it goes out encrypted, or to this machine. */
const webhookAddress = (written: string): boolean => {
  if (!URL.canParse(written)) return false
  const { hash, hostname, protocol } = new URL(written)
  const local = isLocal(hostname.replace(/^\[(.*)\]$/, "$1"))
  return hash === "" && (protocol === "https:" || (protocol === "http:" && local))
}

export const serviceFields = {
  ALERT_WEBHOOK_URL: Schema.optionalKey(
    text((value) =>
      webhookAddress(value) ? undefined : "must be an https:// address, or http:// with a loopback address"
    )
  ),
  GRAPH_CLOUD: Schema.optionalKey(
    Schema.Literals(["global", "usgov", "dod", "china"]).annotate({ message: "must be global, usgov, dod or china" })
  ),
  GRAPH_EMULATOR_URL: Schema.optionalKey(
    text((value) =>
      Option.isSome(emulatorOrigin(value))
        ? undefined
        : "must be http:// or https:// with a loopback address and a port, and no path: an emulator runs on this machine"
    )
  ),
  LOG_LEVEL: Schema.optionalKey(
    Schema.Literals(["trace", "debug", "info", "warn", "error"]).annotate({
      message: "must be trace, debug, info, warn or error"
    })
  ),
  LOG_FORMAT: Schema.optionalKey(Schema.Literals(["json", "pretty"]).annotate({ message: "must be json or pretty" })),
  ...toldFields,
  ...clusterFields,
  ...endpointFields,
  ...otelFields
}

type ServiceName = keyof typeof serviceFields
type Service = Schema.Struct.Type<typeof serviceFields>

const examples = {
  ALERT_WEBHOOK_URL: "https://hooks.example.com/…",
  GRAPH_CLOUD: "global",
  GRAPH_EMULATOR_URL: "http://127.0.0.1:8080",
  LOG_LEVEL: "info",
  LOG_FORMAT: "json",
  ...toldExamples,
  ...clusterExamples,
  ...endpointExamples
}

/** A line that would do. */
export const serviceExample = (name: ServiceName): string =>
  isOtelName(name) ? otelExample(name) : `${name}=${examples[name]}`

export const isServiceName = (name: PropertyKey | undefined): name is ServiceName =>
  typeof name === "string" && Object.hasOwn(serviceFields, name)

/** What is a secret, an address or a name keeps its capitals. */
const asWritten: ReadonlySet<string> = new Set([
  ...["ADMIN_TOKEN", "ALERT_WEBHOOK_URL", "ALERT_EMAIL", "RECEIPT_EMAIL", "RECEIPT_TIME_ZONE"],
  ...["CLUSTER_DATABASE_URL", "CLUSTER_NAME"],
  ...otelAsWritten
])

export const serviceVariables = (env: Environment): Readonly<Record<string, string>> => {
  const exports = wantsOtel(env)
  const isOurs = (name: string) => {
    // Names that other programs use, too.
    if (isEndpointName(name)) return env.has("PORT")
    return isOtelName(name) ? exports : isServiceName(name)
  }
  return Object.fromEntries(
    [...env]
      .filter(([name]) => isOurs(name))
      .map(([name, value]) => [name, asWritten.has(name) ? value.trim() : value.trim().toLowerCase()])
  )
}

export const cloudOf = (service: Service): Cloud => {
  const emulator = Option.flatMap(Option.fromUndefinedOr(service.GRAPH_EMULATOR_URL), emulatorOrigin)
  if (Option.isSome(emulator)) return { login: emulator.value, graph: emulator.value, emulated: true }
  const [login, graph] = clouds[service.GRAPH_CLOUD ?? "global"]
  return { login, graph, emulated: false }
}

export interface Log {
  readonly level: LogLevel.LogLevel
  readonly format: "json" | "pretty"
}

export const logOf = (service: Service, terminal: boolean): Log => ({
  level: levels[service.LOG_LEVEL ?? "info"],
  format: service.LOG_FORMAT ?? (terminal ? "pretty" : "json")
})

/** Where alerts go; undefined if nobody wants to hear. */
export const webhookOf = (service: Service): Redacted.Redacted | undefined =>
  service.ALERT_WEBHOOK_URL === undefined ? undefined : Redacted.make(service.ALERT_WEBHOOK_URL)
