// What holds for every mail of every template, however hostile the row.
import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import type { TemplateName } from "../../src/Database.ts"
import type { Field, Row } from "../../src/Row.ts"
import { htmlLimit, textLimit, travelling } from "../../src/template/budget.ts"
import { render } from "../../src/template/render.ts"
import type { Rendered } from "../../src/template/Template.ts"
import { context, field } from "./rows.ts"

const names: ReadonlyArray<TemplateName> = ["inquiry", "quote-request", "contact-submission", "record"]

const nasty = [
  "<script>alert(1)</script>",
  "</td></table>",
  "<scr\u200Bipt>",
  "<img src=x onerror='a'>",
  "' onmouseover=\"x",
  "&lt;b&gt;",
  "javascript:alert(1)",
  "\r\nBcc: all@example.org\r\n",
  "\u202E",
  "\u2066\u200F\u061C",
  "\u0000\u001B[2J\u009F",
  "\uD83D",
  "\uDE00",
  "👩‍👩‍👧‍👦",
  "e\u0301\u0301\u0301",
  "日本語",
  "مرحبا",
  "jane@example.com",
  ",",
  " ",
  "\n\n\n",
  "\t",
  "{[",
  '"\\',
  "#42)",
  "infinity",
  "2026-11-24 14:03:05+00",
  "x".repeat(3000),
  "'".repeat(3000),
  "\n\u3042".repeat(2000)
]

const kinds = ["text", "number", "boolean", "timestamp", "timestamptz", "date", "json", "bytes", "other"] as const
const columns = [
  "id",
  "name",
  "email",
  "phone",
  "subject",
  "message",
  "service",
  "services",
  "consent",
  "created_at",
  "first_name"
]

const text = Arbitrary.schema(Schema.Union([Schema.Literals(nasty), Schema.String]))
const words = Arbitrary.map(Arbitrary.array(text, { maxLength: 12 }), (parts) => parts.join(""))
const value = Arbitrary.map(
  Arbitrary.all({
    kind: Arbitrary.schema(Schema.Literals(kinds)),
    column: Arbitrary.schema(Schema.Union([Schema.Literals(columns), Schema.Literals(nasty)])),
    value: words,
    absent: Arbitrary.schema(Schema.Boolean),
    more: Arbitrary.schema(Schema.Literals([0, 0, 70_000, 3_000_000]))
  }),
  ({ absent, column, kind, more, value }): Field => ({
    column,
    kind,
    value: absent ? undefined : value,
    bytes: (absent ? 0 : Buffer.byteLength(value)) + more
  })
)
const row = Arbitrary.map(
  Arbitrary.all({ table: words, key: words, fields: Arbitrary.array(value, { maxLength: 30 }) }),
  (parts): Row => parts
)

/** Everything between the tags and attributes that the layout itself writes. */
const foreign = (html: string): string =>
  html
    .replace(/^<!DOCTYPE html>/, "")
    .replace(/<style>[^<]*<\/style><!--\[if mso\]><style>[^<]*<\/style><!\[endif\]-->/, "")
    .replace(/<\/?(?:html|head|meta|title|body|div|table|tr|td|th|h1|p|br|a)(?: (?:[a-z-]+="[^"<>]*" ?)*)?>/g, "")

const forbidden =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\p{Cs}]/u

const check = (mail: Rendered) => {
  expect(mail.subject.length).toBeLessThanOrEqual(78)
  expect(mail.subject).not.toMatch(/[\n\t]/)
  expect(mail.subject).toMatch(/\(#[^()]*.*\)$/)
  expect(`${mail.subject}${mail.text}${mail.html}`).not.toMatch(forbidden)
  expect(foreign(mail.html)).not.toMatch(/[<>"']/)
  expect(mail.html).not.toMatch(/<(?:script|img|form|input|link|iframe|object)/i)
  expect(mail.html.match(/href="(?!mailto:[^"@]+@[a-zA-Z0-9.-]+"|tel:\+?\d+")/g) ?? []).toEqual([])
  expect(travelling(mail.text)).toBeLessThanOrEqual(textLimit)
  expect(travelling(mail.html)).toBeLessThanOrEqual(htmlLimit)
  expect(mail.replyTo?.address ?? "a@b.cd").toMatch(/^[^\s@<>",;]+@[^\s@<>",;]+$/)
  expect(mail.replyTo?.name ?? "").not.toMatch(/[\r\n<>"@,;]/)
}

describe("render", () => {
  for (const name of names) {
    it.prop(
      `holds a ${name} within its bounds and lets no stranger's text out of its place`,
      [row],
      ([row]) => {
        check(render(name)(row, context))
      },
      { arbitrary: { runs: 100, size: 20 }, timeout: 60_000 }
    )
  }

  it.prop(
    "takes any time zone and any column names in its settings",
    [row, text, text],
    ([row, timeZone, name]) => {
      check(render("inquiry")(row, { database: name, timeZone, replyTo: name, createdAt: name }))
    },
    { timeout: 60_000 }
  )

  it("keeps a table of 1,500 columns within its bounds and says how many are not shown", () => {
    const fields = Array.from({ length: 1500 }, (_, index) => field(`column_${index}`, `"${"日本<&>\n".repeat(200)}`))
    const mail = render("record")({ table: "wide", key: "1", fields }, context)
    check(mail)
    const shown = mail.text.match(/^Column \d+:$/gm)?.length ?? 0
    expect(shown).toBeGreaterThan(300)
    expect(mail.text).toContain(`${(1500 - shown).toLocaleString("en")} more fields are not shown.`)
    expect(mail.html).toMatch(/1,\d{3} more fields are not shown\. The text part has more\./)
  })

  it("keeps the whole message below 200 kB when both parts travel as base64", () => {
    const fields = ["a", "b", "c", "d"].map((column) => field(column, "日本語 & '\n".repeat(5000)))
    const mail = render("record")({ table: "t", key: "1", fields }, context)
    const base64 = (part: string) =>
      Math.ceil(Buffer.from(part.replaceAll("\n", "\r\n")).toString("base64").length / 76) * 78
    expect(base64(mail.text) + base64(mail.html)).toBeGreaterThan(150_000)
    expect(((textLimit + htmlLimit) * 78) / 57).toBeLessThan(192_000)
    expect(base64(mail.text) + base64(mail.html)).toBeLessThan(192_000)
  })
})
