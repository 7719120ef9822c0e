// The bytes of a mail, read back by an independent parser.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import PostalMime from "postal-mime"
import type { Mail } from "../../src/Mailer.ts"
import * as Mime from "../../src/Mailer/Mime.ts"
import { mail } from "./samples.ts"

const parse = (changes: Partial<Mail> = {}) =>
  Effect.flatMap(Mime.render({ ...mail, ...changes }), (message) => Effect.promise(() => PostalMime.parse(message)))

const headerNames = [
  "cc",
  "content-type",
  "date",
  "from",
  "message-id",
  "mime-version",
  "reply-to",
  "subject",
  "to",
  "x-auto-response-suppress"
]

const hostile = [
  "x\r\nBcc: victim@example.org",
  "x\nBcc: victim@example.org",
  "x\rBcc: victim@example.org",
  "x\u2028Bcc: victim@example.org",
  // Line breaks to whoever keeps but the last byte of each.
  "x\u010d\u010aBcc: victim@example.org",
  "x\u0085Bcc: victim@example.org",
  "=?utf-8?Q?x=0D=0ABcc:_victim@example.org?=",
  "x\r\n\r\n<b>body</b>",
  'x" <victim@example.org>, "y',
  "x\u0000\u001b[31m",
  "\u202Egpj.exe"
]

describe("Mime", () => {
  it.effect("is the same message in base64, whatever its size and its language, and whatever was before it", () =>
    Effect.gen(function* () {
      const word = "Is it still for sale? "
      // A message may have what 64 kB have place for, or more; the one after a long one is as short as ever.
      for (const text of [word, word.repeat(2_000), word.repeat(3_200), "Ist er noch zu haben, für 東京? 🚗", word]) {
        const it = { ...mail, subject: text.slice(0, 60), text, html: `<p>${text}</p>` }
        assert.strictEqual(yield* Mime.encoded(it), (yield* Mime.render(it)).toString("base64"))
      }
    })
  )

  it.effect("carries every part of the mail", () =>
    Effect.gen(function* () {
      const parsed = yield* parse()
      assert.strictEqual(parsed.messageId, mail.messageId)
      assert.strictEqual(parsed.date, "2026-03-04T05:06:07.000Z")
      assert.deepStrictEqual(parsed.from, { name: "", address: "noreply@example.com" })
      assert.deepStrictEqual(
        parsed.to?.map(({ address }) => address),
        [...mail.to]
      )
      assert.deepStrictEqual(
        parsed.cc?.map(({ address }) => address),
        [...mail.cc]
      )
      assert.deepStrictEqual(parsed.replyTo, [{ name: "Zoë, the Third", address: "zoe@example.org" }])
      assert.strictEqual(parsed.subject, mail.subject)
      assert.strictEqual(parsed.text?.trimEnd(), mail.text.trimEnd().replaceAll("\n", "\r\n"))
      assert.strictEqual(parsed.html?.trim(), mail.html)
      assert.deepStrictEqual(parsed.headers.map(({ key }) => key).toSorted(), headerNames)
      assert.deepInclude(parsed.headers, {
        key: "x-auto-response-suppress",
        originalKey: "X-Auto-Response-Suppress",
        value: "OOF, AutoReply"
      })
    })
  )

  it.effect("says in a header of its own that it may be a duplicate, and only then", () =>
    Effect.gen(function* () {
      const duplicate = (yield* Mime.render({ ...mail, maybeDuplicate: true })).toString()
      assert.match(duplicate, /\r\nX-Maybe-Duplicate: yes\r\n/)
      assert.notInclude((yield* Mime.render(mail)).toString(), "X-Maybe-Duplicate")
    })
  )

  it.effect("leaves out Cc and Reply-To where there are none", () =>
    Effect.gen(function* () {
      const parsed = yield* parse({ cc: [], replyTo: undefined })
      assert.notIncludeMembers(
        parsed.headers.map(({ key }) => key),
        ["cc", "reply-to"]
      )
    })
  )

  it.effect("gives equal bytes for equal mails, and is ASCII with CRLF throughout", () =>
    Effect.gen(function* () {
      const [one, two] = yield* Effect.all([Mime.render(mail), Mime.render(mail)])
      assert.isTrue(one.equals(two))
      const text = one.toString("latin1")
      assert.match(text, /^[\x20-\x7e\r\n]+$/)
      assert.notMatch(text, /[^\r]\n|\r[^\n]/)
    })
  )

  for (const attack of hostile) {
    it.effect(`makes no header, no body and no recipient of ${JSON.stringify(attack)}`, () =>
      Effect.gen(function* () {
        const parsed = yield* parse({
          subject: attack,
          messageId: `<${attack}@example.com>`,
          replyTo: { name: attack, address: `${attack}@example.org` }
        })
        assert.deepStrictEqual(parsed.headers.map(({ key }) => key).toSorted(), headerNames)
        assert.strictEqual(parsed.replyTo?.length, 1)
        assert.isUndefined(parsed.bcc)
        assert.deepStrictEqual(
          parsed.to?.map(({ address }) => address),
          [...mail.to]
        )
        assert.notMatch(`${parsed.subject}${parsed.replyTo?.[0]?.name}`, /[\p{Cc}\u2028\u2029\u202A-\u202E]/u)
        assert.strictEqual(parsed.html?.trim(), mail.html)
      })
    )
  }

  it.effect("does not split one address with a comma into two", () =>
    Effect.gen(function* () {
      const parsed = yield* parse({ to: ["a@example.org, b@example.org"] })
      assert.strictEqual(parsed.to?.length, 1)
    })
  )

  it.effect("reads neither files nor URLs, whatever the text looks like", () =>
    Effect.gen(function* () {
      const parsed = yield* parse({ text: "/etc/passwd", html: '<img src="data:image/png;base64,AAAA">' })
      assert.strictEqual(parsed.text?.trim(), "/etc/passwd")
      assert.lengthOf(parsed.attachments, 0)
    })
  )

  it.effect.prop(
    "any text comes out as it went in, and nothing else does",
    [Schema.String, Schema.String, Schema.String],
    ([text, subject, name]) =>
      Effect.gen(function* () {
        const marked = `>${text.replace(/[\r\n]|\p{Cs}/gu, " ")}<`
        const parsed = yield* parse({
          text: marked,
          subject: `${subject}.`,
          replyTo: { name, address: "a@example.org" }
        })
        assert.strictEqual(parsed.text?.trimEnd(), marked)
        assert.strictEqual(parsed.html?.trim(), mail.html)
        assert.deepStrictEqual(parsed.headers.map(({ key }) => key).toSorted(), headerNames)
        assert.strictEqual(parsed.replyTo?.[0]?.address, "a@example.org")
      })
  )
})
