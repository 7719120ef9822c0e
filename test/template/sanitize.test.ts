import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { clean, cleanLine } from "../../src/template/sanitize.ts"

describe("clean", () => {
  it("drops what reorders the text around it", () => {
    expect(clean("a\u202Eb\u2066c\u2069d\u200Ee\u200Ff\u061Cg")).toBe("abcdefg")
  })

  it("drops what nobody can see", () => {
    expect(clean("a\u200Bb\u2060c\uFEFFd\u00ADe\u180Ef\u3164g\u{E0041}h")).toBe("abcdefgh")
  })

  it("drops control characters but newline and tab", () => {
    expect(clean("a\u0000b\u0007c\u001B[31md\u007Fe\u009Bf\tg\nh")).toBe("abc[31mdef\tg\nh")
  })

  it("makes every kind of line break one newline", () => {
    expect(clean("a\r\nb\rc\u2028d\u2029e\u0085f\vg\fh")).toBe("a\nb\nc\nd\ne\nf\ng\nh")
  })

  it("drops halves of surrogate pairs and keeps whole ones", () => {
    expect(clean("a\uD83Db\uDC4Dc👍")).toBe("abc👍")
  })

  it("keeps joiners where a script or an emoji is spelt with them, and nowhere else", () => {
    expect(clean("می\u200Cخواهم 👩\u200D👧 ❤\uFE0F\u200D🔥 क्\u200Dष")).toBe(
      "می\u200Cخواهم 👩\u200D👧 ❤\uFE0F\u200D🔥 क्\u200Dष"
    )
    expect(clean("pay\u200Dpal \u200Ctrue\u200C")).toBe("paypal true")
  })

  it("keeps paragraphs, one empty line between them and none around them", () => {
    expect(clean("\n\n  \na\n \t\n\n\nb\n  indented\n\n")).toBe("a\n\nb\n  indented")
  })

  it("takes no longer than the text is long", { timeout: 10_000 }, () => {
    expect(clean(`a${" ".repeat(500_000)}b`)).toHaveLength(500_002)
    expect(clean(`${"\n ".repeat(250_000)}b`)).toBe(" b")
  })
})

describe("cleanLine", () => {
  it("leaves one line without superfluous spaces", () => {
    expect(cleanLine(" a\r\nBcc: b\t\u00A0 c ")).toBe("a Bcc: b c")
  })

  it.prop(
    "makes one line of words between single spaces, also of plain ones",
    [Arbitrary.array(Arbitrary.schema(Schema.Literals(["a", "~", "bc", " ", " ", "  ", "\n", "\t", "ö"])))],
    ([parts]) => {
      const text = parts.join("")
      expect(cleanLine(text)).toBe(
        text
          .split(/\s+/)
          .filter((word) => word !== "")
          .join(" ")
      )
    }
  )
})
