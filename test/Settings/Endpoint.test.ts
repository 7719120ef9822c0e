// Where HTTP is served, and with which token.
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { complete, places, refused, settle } from "./harness.ts"

const token = "A-Token_of.16/chars+and=more"

describe("the endpoint", () => {
  it.effect("is none without PORT, whatever other programs mean by HOST and ADMIN_TOKEN", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* settle({ ...complete, HOST: "my-machine", ADMIN_TOKEN: "short" })
      assert.isUndefined(endpoint)
    })
  )

  it.effect("is on loopback and without a token unless it is said otherwise", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* settle({ ...complete, PORT: " 8080 " })
      assert.deepStrictEqual(endpoint, { host: "127.0.0.1", port: 8080, token: undefined })
    })
  )

  it.effect.each(["0.0.0.0", "::", "::1", "10.0.0.1"])("may be at %s", (HOST) =>
    Effect.gen(function* () {
      const { endpoint } = yield* settle({ ...complete, PORT: "1", HOST })
      assert.strictEqual(endpoint?.host, HOST)
    })
  )

  it.effect("is at one address where localhost is two", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* settle({ ...complete, PORT: "1", HOST: "LocalHost" })
      assert.strictEqual(endpoint?.host, "127.0.0.1")
    })
  )

  it.effect("keeps its token as it was written, and shows it nowhere", () =>
    Effect.gen(function* () {
      const settings = yield* settle({ ...complete, PORT: "8080", ADMIN_TOKEN: ` ${token}\n` })
      assert.strictEqual(settings.endpoint?.token && Redacted.value(settings.endpoint.token), token)
      assert.notInclude(inspect(settings, { depth: null }) + JSON.stringify(settings), token)
    })
  )

  it.effect.each([
    { PORT: "0" },
    { PORT: "65536" },
    { PORT: "http" },
    { PORT: "-1" },
    { PORT: "80.5" },
    { PORT: "8080", HOST: "my-machine" },
    { PORT: "8080", HOST: "127.0.0.1:8080" },
    { PORT: "8080", HOST: "[::1]" },
    { PORT: "8080", ADMIN_TOKEN: "x".repeat(15) },
    { PORT: "8080", ADMIN_TOKEN: "x".repeat(201) },
    { PORT: "8080", ADMIN_TOKEN: "$(openssl rand -hex 24)" },
    { PORT: "8080", ADMIN_TOKEN: "pässwörter-tragen-keine-header" }
  ])("is refused as %o", (variables) =>
    Effect.gen(function* () {
      const at = Object.keys(variables).at(-1)!
      assert.deepStrictEqual(yield* places({ ...complete, ...variables }), [at])
    })
  )

  it.effect("is refused without a word of the token", () =>
    Effect.gen(function* () {
      const error = yield* refused({ ...complete, PORT: "8080", ADMIN_TOKEN: "fifteen-signs-x" })
      assert.notInclude(inspect(error), "fifteen-signs-x")
    })
  )
})
