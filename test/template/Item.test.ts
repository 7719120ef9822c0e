import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import type { FieldKind } from "../../src/Row.ts"
import { item } from "../../src/template/Item.ts"
import { arrayList, indented } from "../../src/template/json.ts"
import { label } from "../../src/template/label.ts"
import { showSize } from "../../src/template/size.ts"
import { context, field } from "./rows.ts"

const text = (value: string | undefined, kind: FieldKind, as?: Parameters<typeof item>[3]) =>
  item("Label", [field("column", value, kind)], context, as).text

describe("item", () => {
  it("shows what is missing as a dash", () => {
    expect(text(undefined, "number")).toBe("–")
    expect(text(" \u200B\n", "text")).toBe("–")
  })

  it("shows booleans, and texts that stand for one, as Yes and No", () => {
    expect([text("true", "boolean"), text("f", "boolean")]).toEqual(["Yes", "No"])
    expect([text("on", "text", "yes-no"), text("0", "number", "yes-no"), text("ask me", "text", "yes-no")]).toEqual([
      "Yes",
      "No",
      "ask me"
    ])
  })

  it("tells the size of what it cannot show", () => {
    const bytes = { column: "scan", kind: "bytes", value: undefined, bytes: 12_345_678 } as const
    expect(item("Scan", [bytes], context).text).toBe("12.3 MB of binary data")
  })

  it("lists arrays, and JSON arrays where a list is expected", () => {
    expect(text('{"Ocean freight",Customs}', "other")).toBe("Ocean freight, Customs")
    expect(text('["Ocean freight", "Customs"]', "text", "list")).toBe("Ocean freight, Customs")
    expect(text("Ocean freight", "text", "list")).toBe("Ocean freight")
  })

  it("joins the columns of one entry and skips the missing ones", () => {
    const name = (first: string | undefined, last: string | undefined) =>
      item("Name", [field("first_name", first), field("last_name", last)], context).text
    expect([name("Jane", "Doe"), name(undefined, "Doe"), name(undefined, undefined)]).toEqual(["Jane Doe", "Doe", "–"])
  })

  it("knows how much there was when only the beginning was fetched", () => {
    expect(item("Log", [{ column: "log", kind: "text", value: "abc", bytes: 90_000 }], context).total).toBe(90_000)
  })

  it("lays out long and many-lined text as paragraphs and JSON as code", () => {
    expect(item("A", [field("a", "short")], context).layout).toBe("line")
    expect(item("A", [field("a", "two\nlines")], context).layout).toBe("paragraphs")
    expect(item("A", [field("a", "long ".repeat(30))], context).layout).toBe("paragraphs")
    expect(item("A", [field("a", '{"b": 1}', "json")], context).layout).toBe("code")
  })

  it("links addresses and numbers in their own columns only, and only valid ones", () => {
    const href = (column: string, value: string) => item("A", [field(column, value)], context).href
    expect(href("email", "jane@example.com")).toBe("mailto:jane@example.com")
    expect(href("contactEmail", "jane@example.com")).toBe("mailto:jane@example.com")
    expect(href("phone_number", "+1 416 555 0142")).toBe("tel:+14165550142")
    expect(item("A", [field("kontakt", "jane@example.com")], { ...context, replyTo: "kontakt" }).href).toBeDefined()
    expect(href("notes", "jane@example.com")).toBeUndefined()
    expect(href("email", "javascript:alert(1)")).toBeUndefined()
    expect(href("phone", "javascript:alert(1)")).toBeUndefined()
  })
})

describe("indented", () => {
  it.prop("changes nothing but white space", [Schema.Json], ([json]) => {
    expect(JSON.parse(indented(JSON.stringify(json)))).toEqual(JSON.parse(JSON.stringify(json)))
  })

  it("keeps numbers digit by digit, and punctuation inside strings", () => {
    expect(indented('{"n":12345678901234567890,"s":"a, {b}: \\"c\\"","e":[ ]}')).toBe(
      '{\n  "n": 12345678901234567890,\n  "s": "a, {b}: \\"c\\"",\n  "e": [ ]\n}'
    )
  })

  it("reads a document that was cut", () => {
    expect(indented('{"a": [1, "unfin')).toBe('{\n  "a": [\n    1,\n    "unfin')
  })

  it("stays small however deep the brackets go", () => {
    expect(indented("[".repeat(64_000)).length).toBeLessThan(64_000 * 20)
  })
})

describe("arrayList", () => {
  it("reads PostgreSQL's form of an array", () => {
    expect(arrayList('{a,"b, c","d \\"e\\" \\\\",NULL}')).toEqual(["a", "b, c", 'd "e" \\', "NULL"])
    expect(arrayList("{}")).toEqual([])
  })

  it("leaves alone what is no flat array", () => {
    for (const value of ["{{1,2},{3,4}}", '{"a', "{a,}", "{,a}", "a,b", "{a}b}", ""]) {
      expect(arrayList(value)).toBeUndefined()
    }
  })
})

describe("label", () => {
  it("makes words of column names", () => {
    expect(
      ["vehicle_id", "createdAt", "FIRST_NAME", "customerVATNumber", "e-mail", "größe", "line2"].map(label)
    ).toEqual(["Vehicle ID", "Created At", "First Name", "Customer VAT Number", "E Mail", "Größe", "Line2"])
    expect(label("\u202E_")).toBe("(unnamed)")
  })
})

describe("showSize", () => {
  it("rounds in powers of ten", () => {
    expect([0, 1, 999, 1000, 20_480, 64_000, 999_949, 999_950, 12_345_678, 5e9].map(showSize)).toEqual([
      "0 bytes",
      "1 byte",
      "999 bytes",
      "1 kB",
      "20.5 kB",
      "64 kB",
      "999.9 kB",
      "1 MB",
      "12.3 MB",
      "5 GB"
    ])
  })
})
