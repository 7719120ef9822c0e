// Shortens text without breaking a character in two as a reader sees it, and shares a budget among texts. Fast for
// hostile input too: the segmenter, which is slow, sees only a short window around the cut.

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" })

// A "character" of more code units than this (stacked accents) is not spared.
const longestSpared = 64
const window = 256

export const byteLength = (text: string): number => Buffer.byteLength(text)

/** UTF-8 bytes of one code point. */
export const byteCost = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4

/** Where the character that `index` falls into starts; `index` itself if that is a boundary or too far away. */
const boundary = (text: string, index: number): number => {
  const from = Math.max(0, index - window)
  const start = segmenter.segment(text.slice(from, index + window)).containing(index - from)?.index
  if (start === undefined) return index
  if (from + start >= index - longestSpared) return from + start
  return /[\udc00-\udfff]/.test(text.charAt(index)) ? index - 1 : index
}

/** At most `max` UTF-16 code units, so at most that many characters by any count; `…` marks a cut. */
export const shorten = (text: string, max: number): string =>
  text.length <= max ? text : max < 1 ? "" : `${text.slice(0, boundary(text, max - 1)).trimEnd()}…`

interface Piece {
  readonly text: string
  readonly bytes: number
  readonly cost: number
}

/** The longest beginning of `text` within both bounds; `cost` prices one code point. */
export const beginning = (
  text: string,
  maxBytes: number,
  maxCost: number,
  cost: (codePoint: number) => number
): Piece => {
  let end = 0
  let bytes = 0
  let spent = 0
  // Not `for of`, which makes a string of every character.
  while (end < text.length) {
    const codePoint = text.codePointAt(end) ?? 0
    bytes += byteCost(codePoint)
    spent += cost(codePoint)
    if (bytes > maxBytes || spent > maxCost) {
      const kept = text.slice(0, boundary(text, end)).trimEnd()
      return { text: kept, bytes: byteLength(kept), cost: spent }
    }
    end += codePoint > 0xffff ? 2 : 1
  }
  return { text, bytes, cost: spent }
}

/** The most that each may have so that all fit: whoever wants less gets it in full, the others the same. */
export const share = (wants: ReadonlyArray<number>, budget: number): number => {
  let left = budget
  let waiting = wants.length
  for (const want of wants.toSorted((a, b) => a - b)) {
    const even = Math.floor(left / waiting)
    if (want > even) return Math.max(0, even)
    left -= want
    waiting -= 1
  }
  return budget
}
