import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { Description } from "../src/Catalog.ts"
import { parse, toRow } from "../src/Overheard.ts"

const table: Description = {
  schema: "public",
  name: "inquiries",
  key: "number",
  keyType: "integer",
  columns: [
    { name: "number", kind: "number" },
    { name: "created_at", kind: "timestamptz" },
    { name: "photo", kind: "bytes" }
  ]
}

describe("what a notification says", () => {
  it("is a key, under the name of its column or as the replaced system calls it", () => {
    assert.deepStrictEqual(parse('{"id": 42}', table), { key: "42", content: undefined })
    assert.deepStrictEqual(parse('{"number": "x-1"}', table), { key: "x-1", content: undefined })
  })

  it("is the whole row where there is more than a key", () => {
    const content = { number: 7, name: "Jane", id: "not the key" }
    assert.deepStrictEqual(parse(JSON.stringify(content), table), { key: "7", content })
  })

  for (const payload of ["", "x", "[]", "null", "7", "{}", '{"id":true}', '{"id":9007199254740993}', '{"id":""}']) {
    it(`is no row: ${payload}`, () => assert.isUndefined(parse(payload, table)))
  }

  it.prop("is never more than ignored", [Schema.String], ([payload]) => void parse(payload, table))

  it("becomes a row as a mail shows it", () => {
    const content = { number: 7, created_at: "2026-11-24T14:03:05+00:00", photo: "\\x00ff", note: null, tags: ["a"] }
    assert.deepStrictEqual(toRow(table, "7", content), {
      table: "inquiries",
      key: "7",
      fields: [
        { column: "number", kind: "number", value: "7", bytes: 1 },
        { column: "created_at", kind: "timestamptz", value: "2026-11-24 14:03:05+00:00", bytes: 25 },
        { column: "photo", kind: "bytes", value: undefined, bytes: 6 },
        { column: "note", kind: "text", value: undefined, bytes: 0 },
        { column: "tags", kind: "json", value: '["a"]', bytes: 5 }
      ]
    })
  })
})
