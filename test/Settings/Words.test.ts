// Single texts: e-mail addresses, ids, zones and names.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { parseTable, tableKey } from "../../src/Settings/TableText.ts"
import { ClientId, EmailAddress, Name, PostgresName, TenantId, TimeZone } from "../../src/Settings/Words.ts"
import { nearest } from "../../src/Settings/Nearest.ts"

const table: ReadonlyArray<readonly [string, Schema.Decoder<string>, ReadonlyArray<string>, ReadonlyArray<string>]> = [
  [
    "an e-mail address",
    EmailAddress,
    ["a@b.c", "first.last+tag@sub.example.com", "o'neil@example.org", "büro@example.org"],
    [
      ...["", "a", "a@b", "a@@b.c", "a b@c.d", "a@b.c\r\nBcc: x@y.z", "<a@b.c>", "Sales <a@b.c>", "a@b.c, d@e.f"],
      ...["a@b..c", "a@.b.c", "a@b.c.", "@b.c", "a@", "a@b.c\u200b", "a@b.c\u202e", `${"a".repeat(251)}@b.c`]
    ]
  ],
  [
    "a tenant",
    TenantId,
    ["0f6cbe8b-1f0e-4b8e-8f5e-0a4a6f3f2b22", "example.onmicrosoft.com"],
    ["", "a/b", "a?b", "a#b", "a b", "..", ".", "common", "Organizations", "a%2fb"]
  ],
  ["a client", ClientId, ["b1a7c0de-9a4c-4a39-8f0b-5a3d2c1e0f33", "client"], ["", "a b", "a/b", "a\nb"]],
  [
    "a time zone",
    TimeZone,
    ["UTC", "America/Toronto", "Europe/Berlin"],
    ["", "Mars/Base", "+02:00", "Berlin", "GMT+99"]
  ],
  ["a name", Name, ["autos", "Autos (old)", "日本"], ["", " a", "a ", "a\nb", "a\u202eb", "x".repeat(101)]],
  [
    "a column or channel",
    PostgresName,
    ["email", "E-Mail", "x".repeat(63)],
    ["", "x".repeat(64), "é".repeat(32), "a\0b"]
  ]
]

describe("a text", () => {
  for (const [what, schema, right, wrong] of table) {
    const decode = Schema.decodeUnknownEffect(schema)
    it.effect.each(right)(`as ${what} is right: %j`, (value) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* decode(value), value)
      })
    )
    it.effect.each(wrong)(`as ${what} is wrong: %j`, (value) =>
      Effect.gen(function* () {
        assert.isTrue(Result.isFailure(yield* Effect.result(decode(value))))
      })
    )
  }
})

describe("a table's name", () => {
  it.each([
    ["inquiries", undefined, "inquiries"],
    ["public.inquiries", "public", "inquiries"],
    ['"Inquiries"', undefined, "Inquiries"],
    ['public."a.b"', "public", "a.b"],
    ['"My Schema"."quo""ted"', "My Schema", 'quo"ted'],
    ["straße_2$", undefined, "straße_2$"]
  ])("%s is read", (written, schema, name) => {
    assert.deepStrictEqual(Result.getOrThrow(parseTable(written)), { schema, name })
  })

  it.each([
    ["Inquiries", /capitals/],
    ["public.Inquiries", /capitals/],
    ["quote-requests", /double quotes/],
    ["2fast", /double quotes/],
    ["a b", /double quotes/],
    ["a.b.c", /schema\.name/],
    [".a", /schema\.name/],
    ["a.", /schema\.name/],
    ['"a', /schema\.name/],
    ["", /schema\.name/],
    ["x".repeat(64), /63 bytes/],
    [`"${"é".repeat(32)}"`, /63 bytes/],
    ['"a\0b"', /zero byte/]
  ])("%s is refused with its reason", (written, reason) => {
    const result = parseTable(written)
    assert.match(Result.isFailure(result) ? result.failure : "read", reason)
  })

  it("without a schema is the one in public", () => {
    assert.strictEqual(tableKey({ schema: undefined, name: "a" }), tableKey({ schema: "public", name: "a" }))
    assert.notStrictEqual(tableKey({ schema: "b", name: "a" }), tableKey({ schema: "public", name: "a" }))
  })
})

describe("a misspelt word", () => {
  const known = ["clientSecret", "clientCertificate", "from", "to", "cc", "timeZone"]
  it.each([
    ["clientSecert", "clientSecret"],
    ["client_secret", "clientSecret"],
    ["timezone", "timeZone"],
    ["form", "from"],
    ["fron", "from"],
    ["password", undefined],
    ["x".repeat(41), undefined]
  ])("%s is taken for the nearest known one only if that is near", (word, expected) => {
    assert.strictEqual(nearest(word, known), expected)
  })
})
