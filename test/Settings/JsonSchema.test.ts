// The files under schema/, which are made from the Schema or read by it.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jsonSchemaText } from "../../src/Settings/JsonSchema.ts"
import { settle } from "./harness.ts"

interface Node {
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: boolean
  readonly description?: string
  readonly examples?: ReadonlyArray<unknown>
}

describe("what the repository says about the JSON form", () => {
  it.effect("is an example that works", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle({
        MAILER_DATABASES: readFileSync("schema/example.json", "utf8"),
        AUTOS_DATABASE_URL: "postgres://mailer:pw@db.example.com/autos",
        AUTOS_CLIENT_SECRET: "a",
        FREIGHT_PASSWORD: "b",
        FREIGHT_CLIENT_SECRET: "c"
      })
      assert.deepStrictEqual(
        databases.map(({ name }) => String(name)),
        ["autos", "freight"]
      )
      assert.deepStrictEqual(databases[1]?.tables[1]?.name, { schema: "public", name: "Call Backs" })
    })
  )

  it("is the JSON schema that the Schema makes: npx tsx scripts/schemas.ts", () => {
    assert.strictEqual(readFileSync("schema/mailer-databases.schema.json", "utf8"), jsonSchemaText())
  })

  it("is a JSON schema that describes every key and allows no other", () => {
    const seen: Array<string> = []
    const look = (node: Node, path: string): void => {
      if (node.items !== undefined) look(node.items, path)
      if (node.properties === undefined) return
      assert.isFalse(node.additionalProperties)
      for (const [key, property] of Object.entries(node.properties)) {
        assert.isNotEmpty(property.description, `${path}.${key}`)
        assert.isNotEmpty(property.examples, `${path}.${key}`)
        seen.push(key)
        look(property, `${path}.${key}`)
      }
    }
    look(JSON.parse(jsonSchemaText()), "")
    assert.includeMembers(seen, ["url", "clientSecret", "table", "host", "ca", "cc"])
  })
})
