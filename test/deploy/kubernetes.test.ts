// The example for Kubernetes: its commands are the image's, its probes ask what the worker answers, its times fit the worker's.
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { Ajv } from "ajv"
import { parseDocument } from "yaml"
import { exitCodes } from "../../src/ExitStatus.ts"
import { shutdownBudget } from "./blueprint.ts"
import { dockerfile, exec, read, said } from "./dockerfile.ts"
import { edited } from "./edited.ts"

const budget = shutdownBudget(readFileSync("src/main.ts", "utf8"))
const worker = readFileSync("docs/kubernetes/worker.yaml", "utf8")
const migrate = readFileSync("docs/kubernetes/migrate.yaml", "utf8")

const last = read(dockerfile).stages.at(-1)
const image = (instruction: string) => (last === undefined ? "" : said(last, instruction))
const [uid = 0, gid = 0] = image("USER").split(":").map(Number)

const object = (properties: object, optional: ReadonlyArray<string> = []) => ({
  type: "object",
  additionalProperties: false,
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name))
})
const list = (items: object) => ({ type: "array", minItems: 1, maxItems: 1, items })
const text = { type: "string", minLength: 1 }
const whole = { type: "integer", minimum: 1 }

const probe = object({
  exec: object({ command: { const: exec(image("HEALTHCHECK")) } }),
  periodSeconds: whole,
  // Node starts in less than a second, on a machine that is busy in several.
  timeoutSeconds: { type: "integer", minimum: 10 },
  failureThreshold: { type: "integer", minimum: 2 }
})

const security = object({
  allowPrivilegeEscalation: { const: false },
  readOnlyRootFilesystem: { const: true },
  capabilities: object({ drop: { const: ["ALL"] } })
})

const pod = (container: object, more: object) =>
  object({
    metadata: object({ labels: { type: "object", additionalProperties: text } }),
    spec: object({
      ...more,
      automountServiceAccountToken: { const: false },
      securityContext: object({
        runAsNonRoot: { const: true },
        runAsUser: { const: uid },
        runAsGroup: { const: gid },
        seccompProfile: object({ type: { const: "RuntimeDefault" } })
      }),
      containers: list(
        object({
          name: text,
          image: { const: "inquiries-mailer" },
          envFrom: list(object({ secretRef: object({ name: { const: "inquiries-mailer" } }) })),
          securityContext: security,
          ...container
        })
      )
    })
  })

const deployment = object({
  apiVersion: { const: "apps/v1" },
  kind: { const: "Deployment" },
  metadata: object({ name: text }),
  spec: object({
    replicas: whole,
    // Never none: rows would wait for the deploy.
    strategy: object({ rollingUpdate: object({ maxSurge: whole, maxUnavailable: { const: 0 } }) }),
    selector: object({ matchLabels: object({ app: { const: "inquiries-mailer" } }) }),
    template: pod(
      {
        args: { const: exec(image("CMD")) },
        startupProbe: probe,
        livenessProbe: probe,
        resources: object({ requests: object({ cpu: text, memory: text }), limits: object({ memory: text }) })
      },
      { terminationGracePeriodSeconds: { type: "integer", exclusiveMinimum: budget / 1000 } }
    )
  })
})

const job = object({
  apiVersion: { const: "batch/v1" },
  kind: { const: "Job" },
  metadata: object({ generateName: text, labels: object({ app: { const: "inquiries-mailer-migrate" } }) }),
  spec: object({
    backoffLimit: whole,
    ttlSecondsAfterFinished: whole,
    podFailurePolicy: object({
      rules: list(
        object({
          action: { const: "FailJob" },
          onExitCodes: object({ operator: { const: "In" }, values: { const: [exitCodes.settings] } })
        })
      )
    }),
    // What a podFailurePolicy needs.
    template: pod({ args: { const: ["migrate"] } }, { restartPolicy: { const: "Never" } })
  })
})

const problemsIn = (schema: object, file: string): ReadonlyArray<string> => {
  const document = parseDocument(file)
  if (document.errors.length > 0) return document.errors.map(({ message }) => message)
  const validate = new Ajv({ allErrors: true, strict: true }).compile(schema)
  return validate(document.toJS())
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const refused: ReadonlyArray<readonly [what: string, from: string, to: string]> = [
  ["root", "runAsUser: 65532", "runAsUser: 0"],
  ["a probe of another command", "/app/main.js, health]", "/app/main.js, status]"],
  [
    "a probe over HTTP, which needs the token",
    "exec:\n              command: [node, /app/main.js, health]",
    "httpGet:\n              port: 8080"
  ],
  ["a shutdown that is cut off", "PeriodSeconds: 30", "PeriodSeconds: 25"],
  ["another container's arguments", "args: [run]", "args: [migrate]"],
  ["a deploy during which nobody mails", "maxUnavailable: 0", "maxUnavailable: 1"],
  ["a secret as its value", "envFrom:", "env:"],
  ["labels that its pods do not have", "matchLabels:\n      app: inquiries-mailer", "matchLabels:\n      app: mailer"]
]

describe("the example for Kubernetes", () => {
  it("runs the image as it is", () => {
    assert.deepStrictEqual(problemsIn(deployment, worker), [])
    assert.include(worker, `within ${budget / 1000} s`)
  })

  it("migrates with the same image and settings, and gives up at once where a setting is wrong", () => {
    assert.deepStrictEqual(problemsIn(job, migrate), [])
    assert.include(migrate, `exit code ${exitCodes.unavailable} says`)
    assert.isNotEmpty(problemsIn(job, edited(migrate, "values: [78]", "values: [75]")))
  })

  it.each(refused)("must not have %s", (_, from, to) => {
    assert.isNotEmpty(problemsIn(deployment, edited(worker, from, to)))
  })
})
