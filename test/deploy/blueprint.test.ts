// render.yaml: what it says is right for a worker of ours, and what it asks for is enough to run.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { field, fieldNames } from "../../src/Settings/Fields.ts"
import { namedIn } from "../../src/Settings/Json.ts"
import { fromEnvironment } from "../../src/Settings.ts"
import { files, places, type Variables } from "../Settings/harness.ts"
import { commentedForm, envVarsOf, problemsOf, shutdownBudget, withStatus } from "./blueprint.ts"
import { blueprint, edited } from "./edited.ts"

const budget = shutdownBudget(readFileSync("src/main.ts", "utf8"))

const refused: ReadonlyArray<readonly [what: string, from: string, to: string, problem: string]> = [
  ["YAML that is none", "services:", "services: [", "Flow sequence"],
  ["a key that is there twice", "    runtime: node", "    runtime: node\n    runtime: node", "keys must be unique"],
  ["a second service", "services:", "services:\n  - type: web", "must NOT have more than 1 items"],
  ["a database of Render's", "services:", "databases: []\nservices:", "additional properties databases"],
  ["a web service", "type: worker", "type: web", "must be equal to one of the allowed values"],
  ["a private service that answers nobody", "type: worker", "type: pserv", "a pserv must not have nothing of PORT"],
  [
    "a port that a worker would open",
    "key: LOG_FORMAT\n        value: json",
    'key: PORT\n        value: "80"',
    "a worker must not"
  ],
  ["a health check", "    runtime:", "    healthCheckPath: /health\n    runtime:", "serves no HTTP"],
  [
    "a disk",
    "    runtime:",
    "    disk: { name: data, mountPath: /data }\n    runtime:",
    "no shutdown delay beside one"
  ],
  ["a repository", "    runtime:", "    repo: https://example.com/mailer.git\n    runtime:", "whoever forks"],
  ["a branch", "    runtime:", "    branch: main\n    runtime:", "where the blueprint is applied"],
  ["the free plan", "plan: starter", "plan: free", "must be equal to one of the allowed values"],
  ["deploys that wait for no check", "checksPass", "commit", 'must be equal to constant "checksPass"'],
  ["a build without devDependencies", "npm ci --include=dev", "npm ci", "buildCommand must be equal"],
  [
    "a start through npm",
    "startCommand: node dist/main.js run",
    "startCommand: npm start",
    "startCommand must be equal"
  ],
  ["a deploy that does not migrate", "    preDeployCommand: node dist/main.js migrate\n", "", "'preDeployCommand'"],
  ["a shutdown delay that Render refuses", "DelaySeconds: 30", "DelaySeconds: 301", "must be <= 300"],
  [
    "a shutdown delay that cuts the shutdown off",
    "DelaySeconds: 30",
    `DelaySeconds: ${budget / 1000}`,
    "before its own"
  ],
  ["a secret", "key: CLIENT_SECRET\n        sync: false", "key: CLIENT_SECRET\n        value: a", "in the repository"],
  [
    "a secret beside sync: false",
    "sync: false",
    "sync: false\n        value: a",
    "must NOT have more than 2 properties"
  ],
  [
    "an address",
    "key: TO_EMAIL_3\n        sync: false",
    "key: TO_EMAIL_3\n        value: a@b.c",
    "TO_EMAIL_3 has its value"
  ],
  ["a synchronised secret", "sync: false", "sync: true", "must be equal to constant false"],
  ["a variable without either", "key: TENANT_ID\n        sync: false", "key: TENANT_ID", "fewer than 2 properties"],
  ["a misspelt variable", "key: TENANT_ID_2", "key: TENNANT_ID_2", "TENNANT_ID_2 is no setting"],
  ["a number that no instance has", "key: FROM_EMAIL_2", "key: FROM_EMAIL_02", "FROM_EMAIL_02 is no setting"],
  ["a variable twice", "key: DATABASE_URL_3", "key: DATABASE_URL_2", "DATABASE_URL_2 is there twice"],
  ["a Node version beside .node-version", "key: LOG_FORMAT", "key: NODE_VERSION", "NODE_VERSION is no setting"]
]

/** What somebody fills in whom Render asks: the settings' own examples, in the instances given. */
const filledIn = (instances: ReadonlyArray<string>): Variables =>
  Object.fromEntries(
    envVarsOf(blueprint).map(({ key, value }) => {
      const [, base = key, instance = "1"] = /^(.*)_(\d+)$/.exec(key) ?? []
      const example = fieldNames.map(field).find(({ variable }) => variable === base)?.example
      return [key, value ?? (instances.includes(instance) ? (example ?? "") : "")]
    })
  )

// On a terminal, where the log would be for people if the blueprint did not say json.
const settled = (variables: Variables) => fromEnvironment(variables, true).pipe(Effect.provide(files({})))

const tablesOf = (variables: Variables) =>
  Effect.map(settled(variables), ({ databases }) =>
    databases.flatMap(({ tables }) => tables.map(({ name, template }) => [name.name, template]))
  )

describe("the blueprint", () => {
  it("describes a worker of ours and nothing else", () => {
    assert.deepStrictEqual(problemsOf(blueprint, budget), [])
  })

  it.each(refused)("must not have %s", (_, from, to, problem) => {
    const problems = problemsOf(edited(blueprint, from, to), budget)
    assert.include(problems.join("\n"), problem)
  })

  it("says after how long the worker has ended, as src/main.ts does where this looks for it", () => {
    assert.include(blueprint, `within ${budget / 1000} s of SIGTERM`)
    assert.throws(() => shutdownBudget("const budget = 25_000"), /does not say its shutdownBudget/)
  })

  it.effect("asks for three databases, each with its table and template", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* tablesOf(filledIn(["1", "2", "3"])), [
        ["inquiries", "inquiry"],
        ["quote_requests", "quote-request"],
        ["contact_submissions", "contact-submission"]
      ])
      const { log } = yield* settled(filledIn(["1"]))
      assert.strictEqual(log.format, "json")
    })
  )

  it.effect("lets the second and the third be left empty, but not half filled in", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* tablesOf(filledIn(["1"])), [["inquiries", "inquiry"]])
      const half = { ...filledIn(["1"]), DATABASE_URL_2: "postgres://mailer:pw@db.example.com/quotes" }
      assert.includeMembers(yield* places(half), ["TENANT_ID_2", "CLIENT_ID_2", "CLIENT_SECRET_2", "TO_EMAIL_2"])
    })
  )

  it.effect("shows a JSON form that works in place of the eighteen variables, and not beside them", () =>
    Effect.gen(function* () {
      const { blueprint: withJson, json } = commentedForm(blueprint)
      const asked = envVarsOf(withJson).filter(({ sync }) => sync === false)
      assert.deepStrictEqual(problemsOf(withJson, budget, namedIn(json)), [])
      assert.sameMembers(
        asked.map(({ key }) => key),
        ["MAILER_DATABASES", ...namedIn(json)]
      )
      const variables = {
        MAILER_DATABASES: json,
        AUTOS_DATABASE_URL: "postgres://mailer:pw@db.example.com/autos",
        AUTOS_CLIENT_SECRET: "secret"
      }
      assert.deepStrictEqual(yield* tablesOf(variables), [["inquiries", "inquiry"]])
      assert.deepStrictEqual(yield* places({ ...filledIn(["1"]), ...variables }), ["MAILER_DATABASES"])
    })
  )

  it.effect("shows a private service that other services may ask with the token", () =>
    Effect.gen(function* () {
      const text = withStatus(blueprint)
      assert.deepStrictEqual(problemsOf(text, budget), [])
      const written = envVarsOf(text).flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]]))
      const { endpoint } = yield* settled({
        ...filledIn(["1"]),
        ...Object.fromEntries(written),
        ADMIN_TOKEN: "a".repeat(32)
      })
      assert.include(blueprint, `port ${endpoint?.port},`)
      assert.strictEqual(endpoint?.host, "0.0.0.0")
    })
  )

  it("must not show a JSON form whose variables it does not ask for", () => {
    const { blueprint: withJson, json } = commentedForm(edited(blueprint, "{AUTOS_CLIENT_SECRET}", "{AUTOS_SECRET}"))
    assert.deepStrictEqual(problemsOf(withJson, budget, namedIn(json)), [
      "AUTOS_CLIENT_SECRET is no setting: nobody would read it"
    ])
  })
})
