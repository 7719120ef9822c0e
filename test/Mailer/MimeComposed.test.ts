// The bytes of a mail, compared with what the library's own composer makes of it, whichever way its parts go out.
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import PostalMime from "postal-mime"
import type { Mail } from "../../src/Mailer.ts"
import * as Mime from "../../src/Mailer/Mime.ts"
import { composed } from "./composed.ts"
import { mail } from "./samples.ts"

// What decides how a part goes out, and what may go wrong with what goes out as it is.
const pieces = [
  "",
  "\n",
  "\n\n",
  "\r\n",
  ".",
  "\n.\n",
  "From ",
  "\nFrom me",
  " \n",
  "\t",
  "=?",
  "=3D",
  "--",
  "_NmP-",
  "ö",
  "–",
  "日本",
  "👍🏽"
]
const odd = ["\r", "\u0000", "\u001b", "\u007f", "\u0085", "\u2028", "\ud83d"]
const lines = [74, 76, 77, 997, 998, 999, 1000].map((length) => "x".repeat(length))
const ordinary = ["Is it still there?", "<p>Name: Jane</p>\n", " ", "~"]
const joined = (parts: ReadonlyArray<string>) =>
  Arbitrary.map(Arbitrary.array(Arbitrary.schema(Schema.Literals(parts)), { maxLength: 12 }), (texts) => texts.join(""))
const plainBody = joined([...lines, ...ordinary, "\n", "\n", ".", " \n"])
const body = Arbitrary.map(
  Arbitrary.all({
    which: Arbitrary.schema(Schema.Literals(["plain", "any", "unicode"])),
    plain: plainBody,
    any: joined([...pieces, ...odd, ...lines, ...ordinary]),
    unicode: Arbitrary.schema(Schema.String)
  }),
  ({ which, ...texts }) => texts[which]
)
/** Of every length in bytes and with characters of every width where an encoded word ends. */
const words = joined(["a", "bc ", "ö", "–", "日本", "👍🏽", '"', "New inquiry: "])

describe("Mime", () => {
  const senders = [
    ["Jane Doe", "jane.doe@example.org"],
    ["Jane  Doe 3", "Jane_Doe+forms@mail.example.org"],
    [" Jane", "jane@example.org"],
    ["_", "jane@example.o"],
    ["Jane", "jane@1.example.org"],
    ["Jane", "jane@EXAMPLE.org"],
    ["Jane", "jane@xn--jgeva-dua.ee"],
    ["Jane", "jane@example-forms.org"],
    ["Jane", ".jane@example.org"],
    ["Jane", "jane@example.org.1"],
    ["Jane O'Doe", "jane@example.org"],
    ["", "jane@example.org"],
    ["Jane ".repeat(14), `${"jane.".repeat(11)}doe@example.org`]
  ] as const
  for (const [name, address] of senders) {
    it.effect(`names ${JSON.stringify(name)} <${address}> as the library's composer does`, () =>
      Effect.gen(function* () {
        const it: Mail = { ...mail, text: "ö\n", html: "<p>ö</p>\n", replyTo: { name: name.trim(), address } }
        assert.strictEqual((yield* Mime.render(it)).toString(), (yield* composed(it)).toString())
      })
    )
  }

  it.effect.prop(
    "is byte for byte what the library's composer makes of the same mail",
    [body, body, Schema.String, Schema.String, words],
    ([text, html, anything, name, words]) =>
      Effect.gen(function* () {
        const tame = (value: string) => value.replace(/[^\p{L}\p{N}\p{P}\p{S}\p{Zs}]/gu, " ").replaceAll("=?", "= ?")
        const it: Mail = {
          ...mail,
          text,
          html,
          subject: `${tame(anything)}${words}Z`.trim(),
          cc: anything.length % 2 === 0 ? [] : mail.cc,
          replyTo: name === "" ? undefined : { name: tame(name).trim(), address: "a@example.org" }
        }
        assert.strictEqual((yield* Mime.render(it)).toString(), (yield* composed(it)).toString())
      }),
    // The composer is slow.
    { arbitrary: { runs: 300 }, timeout: 60_000 }
  )

  const encodings = [
    ["", "7bit"],
    ["~ \n", "7bit"],
    [".\n..\nFrom: me\n end \n", "7bit"],
    ["x".repeat(998), "7bit"],
    [`${"x".repeat(998)}\n\n${"x".repeat(997)}\n${"x".repeat(998)}`, "7bit"],
    [`${"x\n".repeat(600)}${"x".repeat(998)}\n`, "7bit"],
    ["x".repeat(999), "base64"],
    [`${"x".repeat(999)}\n`, "base64"],
    [`${"x\n".repeat(600)}${"x".repeat(999)}\n`, "base64"],
    [`\n${"x".repeat(999)}`, "base64"],
    ["ö", "base64"],
    ["€", "base64"],
    ["a\rb", "base64"],
    ["a\r\nb", "base64"],
    ["a\tb", "base64"],
    ["\u0000", "base64"],
    ["\u001f", "base64"],
    ["\u007f", "base64"],
    ["From me", "base64"],
    ["a\nFrom me", "base64"],
    [`\n----_NmP-${"6c7f6a546c1c4c6e9f0e0d6a8f3c2b11"}-Part_1--\n`, "base64"]
  ] as const
  for (const [text, encoding] of encodings) {
    const shown =
      text.length > 40 ? `${JSON.stringify(text.slice(0, 12))} and ${text.length - 12} more` : JSON.stringify(text)
    it.effect(`sends ${shown} by ${encoding}, as the library's composer does then, and nothing of it is lost`, () =>
      Effect.gen(function* () {
        const it: Mail = { ...mail, text: "ö", html: text }
        const rendered = yield* Mime.render(it)
        const [, html = ""] = rendered.toString().split("Content-Type: text/html; charset=utf-8\r\n")
        assert.match(html, new RegExp(`^Content-Transfer-Encoding: ${encoding}\r\n`))
        assert.strictEqual(rendered.toString(), (yield* composed(it)).toString())
        const parsed = yield* Effect.promise(() => PostalMime.parse(rendered))
        assert.strictEqual(
          (parsed.html ?? "").replace(/\r?\n/g, "\n").trimEnd(),
          text.replace(/\r?\n/g, "\n").trimEnd()
        )
      })
    )
  }
})
