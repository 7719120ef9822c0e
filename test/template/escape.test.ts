import { describe, expect, it } from "@effect/vitest"
import { serialize } from "node:v8"
import { Schema } from "effect"
import { escape, escapedCost } from "../../src/template/escape.ts"
import { render } from "../../src/template/render.ts"
import { context, inquiries } from "./rows.ts"

const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  middot: "\u00b7",
  ndash: "\u2013",
  mdash: "\u2014",
  lsquo: "\u2018",
  rsquo: "\u2019",
  ldquo: "\u201c",
  rdquo: "\u201d",
  bull: "\u2022",
  hellip: "\u2026",
  euro: "\u20ac"
}
const read = (html: string) => html.replace(/&(#?\w+);/g, (entity, name: string) => named[name] ?? entity)
const everyday = Object.values(named).join("")

describe("escape", () => {
  it("writes in ASCII what people write every day, and means the same", () => {
    expect(escape(everyday)).toMatch(/^[a-z0-9&#;]+$/)
    expect(read(escape(everyday))).toBe(everyday)
  })

  it.prop("loses nothing of any text", [Schema.String, Schema.String], ([one, two]) => {
    const text = `${one}${everyday}${two}`
    expect(read(escape(text))).toBe(text)
    expect(escape(text)).not.toMatch(/[<>"']|&(?!#?\w+;)/)
  })

  it("prices no character below what it takes", () => {
    for (let code = 0; code < 0x3000; code++) {
      const taken = Buffer.byteLength(escape(String.fromCharCode(code)))
      expect(escapedCost(code), `U+${code.toString(16)}`).toBeGreaterThanOrEqual(taken)
    }
  })

  it("makes an ordinary mail ASCII, which is kept at one byte a character", () => {
    const row = inquiries("42", { name: "Jane Doe", subject: "Civic – “new”…", message: "It’s 5 € • a day" })
    const { html } = render("inquiry")(row, context)
    expect(html).toMatch(/^[\n\x20-\x7e]+$/)
    // As V8 writes a text down that it keeps so; another begins with `c`.
    expect(serialize(html).subarray(2, 3).toString()).toBe('"')
  })
})
