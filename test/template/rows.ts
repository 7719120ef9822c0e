// Invented rows of the three known tables, as Records would hand them over.
import type { Field, FieldKind, Row } from "../../src/Row.ts"
import type { Context } from "../../src/template/Template.ts"

export const context: Context = {
  database: "autos",
  timeZone: "America/Toronto",
  replyTo: "email",
  createdAt: "created_at"
}

export const field = (column: string, value: string | undefined, kind: FieldKind = "text"): Field => ({
  column,
  kind,
  value,
  bytes: value === undefined ? 0 : Buffer.byteLength(value)
})

type Values = Record<string, string | undefined>

const kinds: Record<string, FieldKind> = {
  id: "number",
  consent: "boolean",
  converted_to_client: "boolean",
  created_at: "timestamp"
}

const row =
  (table: string, columns: ReadonlyArray<string>) =>
  (key: string, values: Values): Row => ({
    table,
    key,
    fields: columns.map((column) => field(column, { id: key, ...values }[column], kinds[column]))
  })

export const inquiries = row("inquiries", [
  "id",
  "name",
  "email",
  "phone",
  "subject",
  "message",
  "vehicle_id",
  "status",
  "created_at"
])

export const quoteRequests = row("quote_requests", [
  "id",
  "name",
  "email",
  "phone",
  "company",
  "service",
  "message",
  "consent",
  "created_at",
  "status",
  "assigned_to",
  "converted_to_client",
  "current_shipments",
  "expected_shipments",
  "services"
])

export const contactSubmissions = row("contact_submissions", [
  "id",
  "first_name",
  "last_name",
  "email",
  "phone",
  "inquiry_type",
  "message",
  "created_at"
])

/** 20 kB of lines that a person could have typed. */
const long = "I am still looking for the right car and will tell you all about it. <b>Really</b> & truly.\n"
  .repeat(230)
  .slice(0, 20_000)

export const hostile: Values = {
  name: "Jane\r\nBcc: everyone@example.org\r\n<script>alert(1)</script>\u202Egpj.exe",
  first_name: "\u202EJane\u0000\u0007",
  last_name: "<img src=x onerror=alert('1')>\r\nBcc: everyone@example.org",
  email: "jane@example.com, everyone@example.org",
  phone: '"><a href="javascript:alert(1)">555-0142</a>',
  subject: "</title><script>alert(1)</script> \uD83D half a smile, مرحبا 日本語 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
  inquiry_type: "ab\u200Bcd\u2066ef\u2069 & <b>bold</b> 'quoted' \"twice\"",
  company: "Ac\u00ADme <>&\"' Ltd\r\nX-Evil: 1",
  service: "運送の見積もりをお願いします。".repeat(12),
  services: '["Ocean <b>freight</b>", "Customs\\u202e & duties"]',
  message: `Name: Somebody Else\nEmail: else@example.org\r\n\r\n\r\n\r\nمرحبا، أريد السيارة.\n日本語の文章。 👍🏽\u2028می‌خواهم\uDC00\n\n${long}`,
  vehicle_id: "-1; DROP TABLE inquiries",
  status: "",
  created_at: "infinity",
  consent: "maybe"
}
