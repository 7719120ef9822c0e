import { assert, describe, it } from "@effect/vitest"
import { identifier, isRefusal, isTextKey, quoted } from "../src/Catalog.ts"

describe("a table's name in SQL", () => {
  it("stays one name, whatever it holds", () => {
    assert.strictEqual(identifier('Quote "x"; drop'), '"Quote ""x""; drop"')
    assert.strictEqual(identifier("a.b"), '"a.b"')
    assert.strictEqual(identifier('"'), '""""')
  })

  it("has its schema before it where one is configured, and is found along the search path where none is", () => {
    assert.strictEqual(quoted({ schema: "Web.Forms", name: "inquiries" }), '"Web.Forms"."inquiries"')
    assert.strictEqual(quoted({ schema: undefined, name: "inquiries" }), '"inquiries"')
  })
})

describe("a primary key", () => {
  it("is taken for personal data where it is text, and for a mere number where it is not", () => {
    const types = ["smallint", "integer", "bigint", "uuid", "text", "character varying"] as const
    assert.deepStrictEqual(types.filter(isTextKey), ["text", "character varying"])
  })
})

describe("a description", () => {
  it("is told from a refusal, even where a column is called like one", () => {
    assert.isTrue(isRefusal({ refused: "table a is a view" }))
    const columns = [{ name: "refused", kind: "boolean" }] as const
    assert.isFalse(isRefusal({ schema: "public", name: "refused", key: "refused", keyType: "text", columns }))
  })
})
