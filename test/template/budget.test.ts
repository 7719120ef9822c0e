import { describe, expect, it } from "@effect/vitest"
import { fit, type Part } from "../../src/template/budget.ts"
import { byteCost } from "../../src/template/cut.ts"
import type { Item } from "../../src/template/Item.ts"

const part: Part = {
  fieldLimit: 10_000,
  cost: (codePoint) => (codePoint === 0x0a ? 2 : byteCost(codePoint)),
  note: () => "…",
  draw: ({ note = "", text }) => text + note
}

const itemOf = (text: string): Item => {
  const bytes = Buffer.byteLength(text)
  return { label: "", text, bytes, total: bytes, layout: "line", href: undefined }
}

describe("fit", () => {
  for (const [character, size] of [
    ["a", 1],
    ["é", 2],
    ["日", 3],
    ["👍", 4],
    ["\n", 2]
  ] as const) {
    it(`shows ${JSON.stringify(character)} as often as there is room for, to the last byte`, () => {
      const text = `${character.repeat(200)}.`
      const around = `${character.repeat(10)}.`
      const room = 210 * size + 2
      const all = fit([itemOf(text.slice(0, -1)), itemOf(".")], room, around, part)
      expect(all.drawn).toBe(text)
      expect(all.portions.map(({ note }) => note)).toEqual([undefined, undefined])
      expect(fit([itemOf(text)], room - 1, around, part).drawn).not.toBe(text)
    })
  }

  it("shows no more of one item than one may show, however much room there is", () => {
    const [portion] = fit([itemOf("a".repeat(10_001))], 1_000_000, "", part).portions
    expect(portion?.bytes).toBe(10_000)
    expect(portion?.note).toBe("…")
  })
})
