// compose.yaml: its parts fit one another, the Dockerfile and the worker. That they work together is test/integration/container.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { fromEnvironment } from "../../src/Settings.ts"
import { files } from "../Settings/harness.ts"
import { shutdownBudget } from "./blueprint.ts"
import { compose, composeFile, problemsOf } from "./compose.ts"
import { edited } from "./edited.ts"

const budget = shutdownBudget(readFileSync("src/main.ts", "utf8"))

const refused: ReadonlyArray<readonly [what: string, from: string, to: string, problem: string]> = [
  ["an unknown key", "    restart: unless-stopped", "    restarts: always", "must NOT have additional properties"],
  ["a shutdown that is cut off", "stop_grace_period: 30s", "stop_grace_period: 25s", "the shutdown is cut off"],
  ["a worker that does not wait for migrate", "service_completed_successfully", "service_started", "before migrate"],
  ["a stand-in in a network of its own", "network_mode: service:worker", "network_mode: service:database", "network"],
  ["a stand-in that is not built", "target: stand-in", "target: standin", "no such stage"],
  ["a stand-in at another port", "127.0.0.1:8025", "127.0.0.1:8026", "another port"],
  ["a password that the server does not know", "PGPASSWORD: only", "PGPASSWORD: not-only", "passwords differ"]
]

describe("compose.yaml", () => {
  it("starts a database, migrates it, and then runs the worker beside a stand-in", () => {
    assert.deepStrictEqual(problemsOf(composeFile, budget), [])
  })

  it.each(refused)("must not have %s", (_, from, to, problem) => {
    assert.include(problemsOf(edited(composeFile, from, to), budget).join("\n"), problem)
  })

  it.effect("sets the worker up completely, for the one database that it starts", () =>
    Effect.gen(function* () {
      const { environment = {} } = compose().services.worker
      const { databases } = yield* fromEnvironment(environment, false).pipe(Effect.provide(files({})))
      assert.deepStrictEqual(
        databases.map(({ address, name }) => [name, address.host]),
        [["autos", "database"]]
      )
    })
  )
})
