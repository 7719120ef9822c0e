// What render.yaml may say: less than Render's Blueprint YAML Reference allows, only what a worker of ours is right with.
// It finds problems in the text alone; nothing here has been tried against Render.
import { Ajv, type ErrorObject } from "ajv"
import { parseDocument } from "yaml"
import { field, fieldNames } from "../../src/Settings/Fields.ts"
import { isServiceName } from "../../src/Settings/Service.ts"

export interface EnvVar {
  readonly key: string
  readonly value?: string
  readonly sync?: false
  readonly generateValue?: true
}

interface Service {
  readonly type: "worker" | "pserv"
  readonly maxShutdownDelaySeconds: number
  readonly envVars: ReadonlyArray<EnvVar>
}

interface Blueprint {
  readonly services: readonly [Service]
}

// Render's plans for a worker; none is free.
const plans = ["starter", "standard", "pro", "pro plus", "pro max", "pro ultra"]

const envVar = {
  type: "object",
  additionalProperties: false,
  // A key, and its value, `sync: false` or `generateValue: true`.
  required: ["key"],
  minProperties: 2,
  maxProperties: 2,
  properties: {
    key: { type: "string", pattern: "^[A-Z][A-Z0-9_]*$" },
    value: { type: "string", minLength: 1 },
    sync: { const: false },
    generateValue: { const: true }
  }
}

const serviceProperties = {
  type: { enum: ["worker", "pserv"] },
  name: { type: "string", pattern: "^[a-z][a-z0-9-]*$" },
  runtime: { const: "node" },
  plan: { enum: plans },
  autoDeployTrigger: { const: "checksPass" },
  buildCommand: { const: "npm ci --include=dev && npm run build" },
  preDeployCommand: { const: "node dist/main.js migrate" },
  startCommand: { const: "node dist/main.js run" },
  maxShutdownDelaySeconds: { type: "integer", minimum: 1, maximum: 300 },
  envVars: { type: "array", minItems: 1, items: envVar }
}

const validate = new Ajv({ allErrors: true, strict: true }).compile<Blueprint>({
  type: "object",
  additionalProperties: false,
  required: ["services"],
  properties: {
    services: {
      type: "array",
      minItems: 1,
      maxItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: Object.keys(serviceProperties),
        properties: serviceProperties
      }
    }
  }
})

/** Why somebody will want these, and must not have them. */
const reasons: Readonly<Record<string, string>> = {
  healthCheckPath: "a worker serves no HTTP",
  disk: "the worker keeps nothing on disk, and Render allows no shutdown delay beside one",
  repo: "whoever forks deploys the fork: the blueprint belongs to the repository it lies in",
  branch: "the branch is chosen where the blueprint is applied"
}

const told = ({ instancePath, message, params }: ErrorObject): string => {
  const { additionalProperty = "", allowedValue } = params
  const reason = reasons[String(additionalProperty)]
  const detail = allowedValue === undefined ? String(additionalProperty) : JSON.stringify(allowedValue)
  return `${instancePath} ${message} ${detail}`.trim() + (reason === undefined ? "" : `: ${reason}`)
}

const variables = fieldNames.flatMap((name) => field(name).variable ?? [])

/** What the settings would read; `NAME_1` and `NAME_02` they would not. */
const isKnown = (key: string): boolean =>
  isServiceName(key) ||
  ["MAILER_DATABASES", "MAILER_CONFIG"].includes(key) ||
  variables.includes(key.replace(/_([2-9]|[1-9]\d+)$/, ""))

/** The few that are neither a secret nor an address. */
const mayBeWritten =
  /^(LOG_FORMAT|LOG_LEVEL|GRAPH_CLOUD|PORT|HOST|MAILER_CONFIG|(NAME|TABLE|TEMPLATE|CHANNEL|TIME_ZONE)(_\d+)?)$/

const envVarProblems = (
  { generateValue, key, sync }: EnvVar,
  index: number,
  all: ReadonlyArray<EnvVar>,
  named: ReadonlySet<string>
) => [
  ...(isKnown(key) || named.has(key) ? [] : [`${key} is no setting: nobody would read it`]),
  ...(sync === false || generateValue === true || mayBeWritten.test(key)
    ? []
    : [`${key} has its value in the repository`]),
  ...(all.findIndex((other) => other.key === key) === index ? [] : [`${key} is there twice`])
]

/** `budget`: the milliseconds after which the worker ends itself. `named`: variables that a JSON setting names. */
export const problemsOf = (text: string, budget: number, named: ReadonlySet<string> = new Set()) => {
  const document = parseDocument(text)
  const syntax = [...document.errors, ...document.warnings].map(({ message }) => message)
  if (syntax.length > 0) return syntax
  const content: unknown = document.toJS()
  if (!validate(content)) return (validate.errors ?? []).map(told)
  const { envVars, maxShutdownDelaySeconds, type } = content.services[0]
  const answering = ["PORT", "HOST", "ADMIN_TOKEN"].filter((key) => envVars.some((envVar) => envVar.key === key))
  return [
    ...(answering.length === (type === "pserv" ? 3 : 0)
      ? []
      : [`a ${type} must not have ${answering.join(", ") || "nothing"} of PORT, HOST, ADMIN_TOKEN: all three or none`]),
    ...envVars.flatMap((one, index) => envVarProblems(one, index, envVars, named)),
    ...(maxShutdownDelaySeconds * 1000 > budget
      ? []
      : [`Render would kill the worker after ${maxShutdownDelaySeconds} s, before its own ${budget} ms are over`])
  ]
}

export const envVarsOf = (text: string): ReadonlyArray<EnvVar> => {
  const content: unknown = parseDocument(text).toJS()
  return validate(content) ? content.services[0].envVars : []
}

/** The longest that the worker takes to end, out of the text of src/main.ts: imported, it would start. */
export const shutdownBudget = (main: string): number => {
  const [, written] = /^const shutdownBudget = (\d[\d_]*)$/m.exec(main) ?? []
  if (written === undefined) throw new Error("src/main.ts does not say its shutdownBudget where this looks for it")
  return Number(written.replaceAll("_", ""))
}

/** The private service stands in render.yaml as a comment, too: the blueprint with it. */
export const withStatus = (text: string): string => {
  const [, comment] = /\n( *# - key: PORT\n(?: *# .*\n)+)/.exec(text) ?? []
  if (comment === undefined) throw new Error("render.yaml does not show the private service any more")
  return text.replace(comment, comment.replaceAll(/^( *)# /gm, "$1")).replace("- type: worker", "- type: pserv")
}

/** The JSON form stands in render.yaml as a comment: the entries to put in place of the numbered ones, and their JSON. */
export const commentedForm = (text: string) => {
  const lines = text.split("\n")
  const start = lines.findIndex((line) => line.includes("# - key: MAILER_DATABASES"))
  if (start === -1) throw new Error("render.yaml does not show the JSON form any more")
  const comment = lines.slice(start).map((line) => line.replace(/^ *# ?/, ""))
  const isJson = (line: string) => line.startsWith("  # ")
  const entries = comment.filter((line) => !isJson(line)).map((line) => `      ${line}`.trimEnd())
  const numbered = lines.findIndex((line) => line.includes("- key: DATABASE_URL"))
  return {
    json: comment.filter(isJson).join("\n").replaceAll(/^ *# /gm, ""),
    blueprint: [...lines.slice(0, numbered), ...entries].join("\n")
  }
}
