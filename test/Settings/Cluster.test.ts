// Where workers meet that share the databases.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { complete, refused, settle } from "./harness.ts"

const url = "postgres://meet:Secret@cluster.example.com:6432/meeting"

describe("the place where workers meet", () => {
  it.effect("is none unless it is set", () =>
    Effect.gen(function* () {
      assert.isUndefined((yield* settle(complete)).cluster)
      assert.isUndefined((yield* settle({ ...complete, CLUSTER_NAME: "a" })).cluster)
    })
  )

  it.effect("is an address like a database's, encrypted unless it is on this machine, with capitals kept", () =>
    Effect.gen(function* () {
      const { cluster } = yield* settle({ ...complete, CLUSTER_DATABASE_URL: url, CLUSTER_NAME: "Worker-1" })
      if (cluster === undefined) return assert.fail("no cluster")
      const { password, ...address } = cluster.address
      assert.deepStrictEqual(address, {
        ...{ host: "cluster.example.com", port: 6432, database: "meeting", user: "meet" },
        tls: { mode: "verify-full", ca: undefined }
      })
      assert.strictEqual(password && Redacted.value(password), "Secret")
      assert.strictEqual(cluster.name, "Worker-1")
    })
  )

  it.effect.each([
    ["postgres://cluster.example.com", "the database in it is not set"],
    ["mysql://cluster.example.com/a", "must begin with postgres:// or postgresql://"],
    ["postgres://u:Secret@h/a?sslmode=prefer", "the sslmode in it must be"]
  ] as const)("is refused as %s, without a piece of it", ([written, problem]) =>
    Effect.gen(function* () {
      const { issues, message } = yield* refused({ ...complete, CLUSTER_DATABASE_URL: written })
      assert.strictEqual(issues[0]?.at, "CLUSTER_DATABASE_URL")
      assert.include(message, problem)
      assert.notInclude(message, "Secret")
    })
  )

  it.effect("is no watched database: nothing of a cluster is written there", () =>
    Effect.gen(function* () {
      const same = "postgres://other:pw@DB.example.com:5432/autos"
      const { issues } = yield* refused({ ...complete, CLUSTER_DATABASE_URL: same })
      assert.deepStrictEqual(
        issues.map(({ at }) => at),
        ["CLUSTER_DATABASE_URL"]
      )
      assert.include(issues[0]?.problem, "is the watched database autos")
    })
  )
})
