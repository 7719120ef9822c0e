// What a mail says, template by template; what it looks like is in the golden files.
import { describe, expect, it } from "@effect/vitest"
import type { Field } from "../../src/Row.ts"
import { render } from "../../src/template/render.ts"
import { contactSubmissions, context, field, inquiries, quoteRequests } from "./rows.ts"

describe("render", () => {
  it("shows 64 kB of a field in the text part and 8 kB in HTML, and says so in both", () => {
    const message = "0123456789".repeat(7000)
    const mail = render("inquiry")(inquiries("1", { message }), context)
    expect(mail.text.match(/0123456789/g)).toHaveLength(6400)
    expect(mail.text).toContain("… (cut here: 64 kB of 70 kB shown)")
    expect(mail.html.split('class="pane')[1]?.match(/0123456789/g)).toHaveLength(800)
    expect(mail.html).toContain("&hellip; (cut here: 8 kB of 70 kB shown; the text part has more)")
  })

  it("says how much there was of a value of which only the beginning was fetched", () => {
    const fields: ReadonlyArray<Field> = [{ column: "log", kind: "text", value: "x".repeat(200), bytes: 3_000_000 }]
    const mail = render("record")({ table: "t", key: "1", fields }, context)
    expect(mail.text).toContain("(cut here: 200 bytes of 3 MB shown)")
    expect(mail.html).toContain("(cut here: 200 bytes of 3 MB shown)")
  })

  it("shares what room there is: short fields in full, long ones alike", () => {
    const long = ["a", "b", "c"].map((column) => field(column, column.repeat(60_000)))
    const mail = render("record")({ table: "t", key: "1", fields: [...long, field("last", "short")] }, context)
    const lengths = [/ a{99,}$/m, / b{99,}$/m, / c{99,}$/m].map((pattern) => pattern.exec(mail.text)?.[0].length)
    expect(new Set(lengths).size).toBe(1)
    expect(lengths[0]).toBeGreaterThan(25_000)
    expect(mail.text).toMatch(/^Last: +short$/m)
  })

  it("lets no value pass for another field in the text part", () => {
    const mail = render("inquiry")(
      inquiries("1", { name: "Jane\nStatus: paid", message: "Hi\r\nStatus: paid", status: "new" }),
      context
    )
    expect(mail.text.match(/^Status: .*$/gm)).toEqual(["Status:     new"])
  })

  it("appends the columns that it does not know and loses none of them", () => {
    const known = inquiries("42", { name: "Jane" })
    const mail = render("inquiry")(
      { ...known, fields: [field("utm_source", "poster"), ...known.fields, field("assigned_to", "desk")] },
      context
    )
    expect(mail.text).toMatch(/^Status: +–\nUtm Source: +poster\nAssigned To: +desk$/m)
  })

  it("leaves out columns that the table lacks", () => {
    const mail = render("inquiry")(
      { table: "inquiries", key: "42", fields: [field("message", "Hi"), field("name", "Jane")] },
      context
    )
    expect(mail.text.match(/^[A-Z][\w ]*:/gm)).toEqual(["Name:", "Message:"])
  })

  it("shows an id that is not the reference", () => {
    const mail = render("inquiry")(
      { table: "inquiries", key: "A-1", fields: [field("id", "42"), field("name", "Jane")] },
      context
    )
    expect(mail.text).toMatch(/^ID: +42$/m)
    expect(render("inquiry")(inquiries("42", {}), context).text).not.toMatch(/^ID:/m)
  })

  it("leaves the office's own columns out of a quote request", () => {
    const mail = render("quote-request")(
      quoteRequests("7", { assigned_to: "desk-2", converted_to_client: "true" }),
      context
    )
    expect(mail.text).not.toMatch(/Assigned|Converted|desk-2/)
  })

  it("finds a name in one column or in two, for the subject and for Reply-To", () => {
    const mail = render("contact-submission")(
      contactSubmissions("3", { first_name: "Jane", last_name: "Doe", email: "jane@example.com" }),
      context
    )
    expect(mail.subject).toBe("New contact submission: Jane Doe (#3)")
    expect(mail.replyTo).toEqual({ name: "Jane Doe", address: "jane@example.com" })
  })

  it("takes Reply-To and the time of writing from the configured columns", () => {
    const fields = [
      field("email", "a@example.com"),
      field("kontakt", "b@example.com"),
      field("am", "2026-11-24 14:03:05", "timestamp")
    ]
    const mail = render("inquiry")(
      { table: "t", key: "1", fields },
      { ...context, replyTo: "kontakt", createdAt: "am" }
    )
    expect(mail.replyTo?.address).toBe("b@example.com")
    expect(mail.text).toMatch(/^Created At: 24 Nov 2026, 14:03 \(America\/Toronto\)$/m)
    expect(mail.text).toContain("Replies go to b@example.com.")
  })

  it("says when replies cannot reach the sender of the form", () => {
    const mail = render("inquiry")(inquiries("1", { email: "a@example.com, b@example.com" }), context)
    expect(mail.replyTo).toBeUndefined()
    expect(mail.text).toContain("replies do not reach the sender")
  })

  it("takes the most telling column of any table for the subject", () => {
    const subject = (...fields: ReadonlyArray<Field>) =>
      render("record")({ table: "orders", key: "9", fields }, context).subject
    expect(subject(field("note", "n"), field("title", "Oak table"), field("name", "Jane"))).toBe(
      "New record in orders: Oak table – Jane (#9)"
    )
    expect(subject(field("code", "9"), field("note", "By hand"))).toBe("New record in orders: By hand (#9)")
    expect(subject(field("count", "3", "number"))).toBe("New record in orders (#9)")
  })
})
