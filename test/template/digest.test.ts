// A digest against its golden files, and what holds however much a stranger typed. `-u` rewrites them, see golden.test.ts.
import { assert, describe, expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { digest } from "../../src/template/digest.ts"
import { context, hostile, inquiries } from "./rows.ts"

const five = Duration.minutes(5)
const message = "Is it still for sale?\n\nI could come on Saturday."
const jane = {
  name: "Jane Doe",
  email: "jane@example.com",
  phone: "(416) 555-0142",
  subject: "2023 Honda Civic",
  message
}

describe("a digest", () => {
  it.effect("is laid out as in its golden files", () =>
    Effect.promise(async () => {
      const rows = [inquiries("21", jane), inquiries("22", {}), inquiries("23", hostile)]
      const mail = digest("inquiry", rows, five, context)
      await expect(`Subject: ${mail.subject}\n\n${mail.text}`).toMatchFileSnapshot("golden/digest.txt")
      await expect(mail.html).toMatchFileSnapshot("golden/digest.html")
    })
  )

  it("names every one of eighty rows in both parts, cut in sight, and stays below the limits of a mail", () => {
    const long = { ...hostile, email: "jane@example.com", message: "<&>'\"\n😀 ".repeat(8_000) }
    const rows = Array.from({ length: 80 }, (_, n) => inquiries(`${n + 1}-${"k".repeat(200)}`, long))
    const { html, subject, text } = digest("inquiry", rows, five, context)
    assert.isAtMost(Buffer.byteLength(text.replaceAll("\n", "\r\n")), 80_000)
    assert.isAtMost(Buffer.byteLength(html.replaceAll("\n", "\r\n")), 60_000)
    assert.isAtMost(subject.length, 78)
    for (let n = 1; n <= 80; n++) {
      assert.include(text, `#${n}-k`)
      assert.include(html, `#${n}-k`)
    }
    assert.include(text, "cut here")
  })

  it("goes to nobody's address, and counts one row as one", () => {
    const mail = digest("quote-request", [inquiries("1", jane)], Duration.hours(1), context)
    assert.isUndefined(mail.replyTo)
    assert.strictEqual(mail.subject, "1 further quote request in 1 hour (#1)")
  })

  it("shows a row by its key that its template cannot show", () => {
    const broken = {
      table: "inquiries",
      key: "7",
      get fields(): never {
        throw new Error("customer data")
      }
    }
    const { html, text } = digest("inquiry", [inquiries("6", jane), broken], five, context)
    for (const part of [html, text]) assert.match(part, /#7[^#]*This row cannot be shown here/s)
    assert.notInclude(text, "customer data")
  })
})
