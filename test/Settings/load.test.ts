// The one test that sets real variables of this process.
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import { Effect, Result } from "effect"
import { load } from "../../src/Settings.ts"
import { complete, files, passwordOf, secretOf, type Variables } from "./harness.ts"

describe("loading", () => {
  const dotEnv = [
    ...Object.entries(complete).map(([name, value]) => `${name}="${value}"`),
    "LOG_LEVEL=error # loud enough",
    "LOG_FORMAT=pretty"
  ].join("\n")

  const stub = (variables: Variables) => {
    for (const name of Object.keys(complete)) vi.stubEnv(name, undefined)
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  }

  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it.effect("reads .env, and real variables win unless they are empty", () =>
    Effect.gen(function* () {
      stub({ DATABASE_URL: "postgres://u:env@h/d", LOG_LEVEL: "debug", LOG_FORMAT: "" })
      const { databases, log } = yield* load
      assert.strictEqual(passwordOf(databases[0]), "env")
      assert.strictEqual(secretOf(databases[0]), complete["CLIENT_SECRET"])
      assert.deepStrictEqual(log, { level: "Debug", format: "pretty" })
    }).pipe(Effect.provide(files({ ".env": dotEnv })))
  )

  it.effect("needs no .env", () =>
    Effect.gen(function* () {
      stub(complete)
      assert.isTrue(Result.isSuccess(yield* Effect.result(load)))
    }).pipe(Effect.provide(files({})))
  )
})
