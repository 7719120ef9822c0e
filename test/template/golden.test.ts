// Whole mails against files of test/template/golden. `npx vitest run --project unit test/template -u` rewrites them;
// read the difference before you keep it.
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { TemplateName } from "../../src/Database.ts"
import type { Row } from "../../src/Row.ts"
import { render } from "../../src/template/render.ts"
import { contactSubmissions, context, field, hostile, inquiries, quoteRequests } from "./rows.ts"

const message = `Hello,

I saw the Civic on your lot. Is it still available, and could I take it for a drive on Saturday morning?
I would trade in a 2016 model.

Thank you
Jane`

const person = { name: "Jane Doe", email: "jane@example.com", phone: "(416) 555-0142", message }
const created_at = "2026-11-24 14:03:05.123456"

const everything: Row = {
  table: "bookings",
  key: "6f1c2d5e-0b7a-4c53-9a2e-3f5d8f0c1b2a",
  fields: [
    field("booking_uuid", "6f1c2d5e-0b7a-4c53-9a2e-3f5d8f0c1b2a", "other"),
    field("customerName", "Ana O'Neill"),
    field("contact_email", "ana+cars@example.org"),
    field("mobile_phone", "+1 416 555 0199"),
    field("seats", "4", "number"),
    field("is_member", "true", "boolean"),
    field("newsletter", "false", "boolean"),
    field("pickup_on", "2026-12-01", "date"),
    field("paid_at", "2026-07-01 16:30:00+00", "timestamptz"),
    field("createdAt", created_at, "timestamp"),
    field("extras", '{"Child seat",GPS}', "other"),
    field(
      "quote",
      '{"total": 12345678901234567890, "lines": [{"sku": "A-1", "qty": 2}, []], "note": "a, b: {c}"}',
      "json"
    ),
    { column: "licence_scan", kind: "bytes", value: undefined, bytes: 12_345_678 },
    field("coupon", undefined),
    field("remarks", "Please leave the keys at the desk.\n\nWe arrive late."),
    { column: "chat_log", kind: "text", value: "Beginning of a long talk. ".repeat(20), bytes: 2_500_000 }
  ]
}

const cases: ReadonlyArray<readonly [file: string, name: TemplateName, row: Row]> = [
  [
    "inquiry",
    "inquiry",
    inquiries("42", { ...person, subject: "2023 Honda Civic", vehicle_id: "HC-2023-17", status: "new", created_at })
  ],
  ["inquiry-empty", "inquiry", inquiries("43", {})],
  ["inquiry-hostile", "inquiry", inquiries("44", hostile)],
  [
    "quote-request",
    "quote-request",
    quoteRequests("7", {
      ...person,
      company: "Acme Imports",
      service: "Ocean freight",
      consent: "true",
      status: "new",
      assigned_to: "desk-2",
      converted_to_client: "false",
      current_shipments: "1-5 a month",
      expected_shipments: "10 a month",
      services: '{"Ocean freight","Customs clearance",Storage}',
      created_at
    })
  ],
  ["quote-request-empty", "quote-request", quoteRequests("8", {})],
  ["quote-request-hostile", "quote-request", quoteRequests("9", hostile)],
  [
    "contact-submission",
    "contact-submission",
    contactSubmissions("3", { ...person, first_name: "Jane", last_name: "Doe", inquiry_type: "Sales", created_at })
  ],
  ["contact-submission-empty", "contact-submission", contactSubmissions("4", {})],
  ["contact-submission-hostile", "contact-submission", contactSubmissions("5", hostile)],
  ["record", "record", everything],
  ["record-empty", "record", { table: "bookings", key: "1", fields: [] }],
  ["record-hostile", "record", { ...quoteRequests("10", hostile), table: "<b>t</b>\r\nX: 1" }]
]

describe("render", () => {
  for (const [file, name, row] of cases) {
    it.effect(`lays out ${file} as in its golden files`, () =>
      Effect.promise(async () => {
        const mail = render(name)(row, context)
        const replyTo = mail.replyTo === undefined ? "nobody" : `${mail.replyTo.name} <${mail.replyTo.address}>`
        await expect(`Subject: ${mail.subject}\nReply-To: ${replyTo}\n\n${mail.text}`).toMatchFileSnapshot(
          `golden/${file}.txt`
        )
        await expect(mail.html).toMatchFileSnapshot(`golden/${file}.html`)
      })
    )
  }
})
