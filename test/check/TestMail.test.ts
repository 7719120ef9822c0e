// What of a mail survives in the mailbox, as far as its source shows it.
import { assert, describe, it } from "@effect/vitest"
import { survival } from "../../src/check/TestMail.ts"

const mail = { messageId: "<1@example.com>", replyTo: { name: undefined, address: "ann@example.com" } }
const head =
  "Message-ID:\r\n <1@example.com>\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\nReply-To: Ann <ann@example.com>"
const both = "--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>"

describe("a mail that was read back", () => {
  it("has survived with all its headers and both parts", () => {
    assert.deepInclude(survival(mail, `${head}\r\n\r\n${both}`), { outcome: "ok" })
  })

  it("warns of each thing that it lost, and does not take the body's words for headers", () => {
    const lost = survival(
      mail,
      `Message-ID: <1@example.com>\r\n\r\nReply-To: ann@example.com\r\nContent-Type: text/html`
    )
    assert.strictEqual(lost.outcome, "warning")
    assert.include(lost.detail, "did not survive: text part, X-Auto-Response-Suppress, Reply-To;")
    assert.include(survival(mail, `Message-ID: <2@example.com>\r\n\r\n${both}`).detail, "did not survive: Message-ID,")
  })
})
