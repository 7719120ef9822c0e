import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { beginning, byteCost, byteLength, share, shorten } from "../../src/template/cut.ts"

describe("shorten", () => {
  it("leaves alone what fits", () => {
    expect(shorten("four", 4)).toBe("four")
  })

  it("marks a cut and stays within the bound", () => {
    expect(shorten("abcdef", 4)).toBe("abc…")
    expect(shorten("abc def", 5)).toBe("abc…")
    expect(shorten("abc", 0)).toBe("")
  })

  it("breaks no character in two", () => {
    expect(shorten("ab👩‍👩‍👧‍👦cd", 8)).toBe("ab…")
    expect(shorten("ae\u0301xyz", 3)).toBe("a…")
    expect(shorten("🇨🇦🇫🇷🇯🇵", 8)).toBe("🇨🇦…")
  })

  it("cuts an endless stack of accents between code points", () => {
    expect(shorten(`e${"\u0301".repeat(10_000)}`, 78)).toHaveLength(78)
    expect(shorten(`a${"😀\u200D".repeat(1000)}`, 78)).toSatisfy((text: string) => !/[\uD800-\uDBFF]…/.test(text))
  })
})

describe("beginning", () => {
  it("counts bytes of UTF-8, not characters", () => {
    expect(beginning("日本語", 7, Infinity, byteCost)).toMatchObject({ text: "日本", bytes: 6 })
  })

  it("breaks no character in two", () => {
    expect(beginning("ab👨‍👩‍👧", 10, Infinity, byteCost).text).toBe("ab")
  })

  it("stops at the price too", () => {
    expect(beginning("aaaa", 100, 20, () => 6).text).toBe("aaa")
  })

  it.prop(
    "is a beginning within its bounds",
    [Schema.String, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))],
    ([text, max]) => {
      const whole = text.toString().replace(/\p{Cs}/gu, "")
      const piece = beginning(whole, max, Infinity, byteCost)
      expect(whole.startsWith(piece.text)).toBe(true)
      expect(piece.bytes).toBe(byteLength(piece.text))
      expect(piece.bytes).toBeLessThanOrEqual(max)
    }
  )
})

describe("share", () => {
  it("gives small wishes in full and the rest in equal parts", () => {
    expect(share([10, 500, 20, 500], 230)).toBe(100)
  })

  it("gives everything when there is enough", () => {
    expect(share([10, 20], 30)).toBeGreaterThanOrEqual(20)
  })

  it("never hands out more than there is", () => {
    const wants = [3, 1000, 77, 12, 1000, 400]
    for (const budget of [0, 1, 50, 333, 1000, 5000]) {
      const each = share(wants, budget)
      expect(wants.reduce((sum, want) => sum + Math.min(want, each), 0)).toBeLessThanOrEqual(budget)
    }
  })
})
