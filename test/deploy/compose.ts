// compose.yaml: less than the Compose Specification allows, only what is used here, and what of it must agree.
import { readFileSync } from "node:fs"
import { Ajv } from "ajv"
import { parse } from "yaml"
import * as Dockerfile from "./dockerfile.ts"

export const composeFile = readFileSync("compose.yaml", "utf8")

interface Service {
  readonly build?: string | { readonly target: string }
  readonly command?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly network_mode?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly stop_grace_period?: string
  readonly restart?: string
  readonly ports?: unknown
}

export interface Compose {
  readonly services: Readonly<Record<"database" | "migrate" | "worker" | "stand-in", Service>>
  readonly configs: { readonly forms: { readonly content: string } }
}

const text = { type: "string", minLength: 1 }
const list = { type: "array", items: text }
const object = (properties: object, required: ReadonlyArray<string> = []) => ({
  type: "object",
  additionalProperties: false,
  properties,
  required
})

const service = object({
  image: text,
  build: { anyOf: [text, object({ context: text, target: text }, ["context", "target"])] },
  command: list,
  environment: { type: "object", additionalProperties: text },
  configs: { type: "array", items: object({ source: text, target: text }, ["source", "target"]) },
  healthcheck: object({
    test: list,
    interval: text,
    timeout: text,
    retries: { type: "integer" },
    disable: { const: true }
  }),
  depends_on: {
    type: "object",
    additionalProperties: object(
      { condition: { enum: ["service_started", "service_healthy", "service_completed_successfully"] } },
      ["condition"]
    )
  },
  restart: { enum: ["no", "always", "on-failure", "unless-stopped"] },
  stop_grace_period: { type: "string", pattern: "^\\d+s$" },
  network_mode: { type: "string", pattern: "^service:" },
  read_only: { const: true },
  tmpfs: list,
  cap_drop: { const: ["ALL"] },
  security_opt: { const: ["no-new-privileges:true"] }
})

const names = ["database", "migrate", "worker", "stand-in"]

const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile<Compose>(
  object(
    {
      name: text,
      "x-mailer": { type: "object" },
      services: object(Object.fromEntries(names.map((name) => [name, service])), names),
      configs: object({ forms: object({ content: text }, ["content"]) }, ["forms"])
    },
    ["services", "configs"]
  )
)

const read = (file: string): Compose | ReadonlyArray<string> => {
  const content: unknown = parse(file, { merge: true })
  if (validate(content)) return content
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

/** The file itself. */
export const compose = (): Compose => {
  const content = read(composeFile)
  if ("services" in content) return content
  throw new Error(content.join("\n"))
}

const stages = Dockerfile.read(Dockerfile.dockerfile).stages

/** What the stand-in's stage of the Dockerfile starts. */
export const standInCommand = Dockerfile.exec(
  Dockerfile.said(stages.find(({ name }) => name === "stand-in") ?? { name: "", from: "", instructions: [] }, "CMD")
)

const check = (problem: string, holds: boolean): ReadonlyArray<string> => (holds ? [] : [problem])

/** `budget`: the milliseconds after which the worker ends itself. */
export const problemsOf = (file: string, budget: number): ReadonlyArray<string> => {
  const content = read(file)
  if (!("services" in content)) return content
  const { "stand-in": standIn, database, migrate, worker } = content.services
  const emulator = new URL(worker.environment?.["GRAPH_EMULATOR_URL"] ?? "http://nowhere")
  const target = typeof standIn.build === "object" ? standIn.build.target : ""
  return [
    ...check("migrate does not migrate", JSON.stringify(migrate.command) === '["migrate"]' && migrate.restart === "no"),
    ...check(
      "the worker starts before migrate",
      worker.depends_on?.["migrate"]?.condition === "service_completed_successfully"
    ),
    ...check("migrate starts before the database", migrate.depends_on?.["database"]?.condition === "service_healthy"),
    ...check("the shutdown is cut off", Number.parseInt(worker.stop_grace_period ?? "0", 10) * 1000 > budget),
    ...check("the stand-in is not in the worker's network", standIn.network_mode === "service:worker"),
    ...check(
      "there is no such stage",
      stages.some(({ name }) => name === target)
    ),
    ...check("the stand-in has another port than the worker asks", standInCommand?.at(-1) === emulator.port),
    ...check("the two are set differently", JSON.stringify(worker.environment) === JSON.stringify(migrate.environment)),
    ...check("the passwords differ", worker.environment?.["PGPASSWORD"] === database.environment?.["POSTGRES_PASSWORD"])
  ]
}
