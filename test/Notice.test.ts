import { assert, describe, it } from "@effect/vitest"
import { messageId, NoticeId } from "../src/Notice.ts"

const id = NoticeId.make("6c7f6a54-6c1c-4c6e-9f0e-0d6a8f3c2b11")

describe("messageId", () => {
  it("is made of the notice's uuid and the sender's domain, so that every attempt carries the same", () => {
    assert.strictEqual(messageId(id, "noreply@example.com"), `<${id}@example.com>`)
  })

  it("is another one for another notice", () => {
    const other = NoticeId.make("6c7f6a54-6c1c-4c6e-9f0e-0d6a8f3c2b12")
    assert.notStrictEqual(messageId(other, "noreply@example.com"), messageId(id, "noreply@example.com"))
  })

  it("takes what follows the last @ for the domain: a quoted local part may hold one", () => {
    assert.strictEqual(messageId(id, '"a@b"@example.org'), `<${id}@example.org>`)
  })
})
