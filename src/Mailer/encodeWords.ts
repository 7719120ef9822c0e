// A header's value in ASCII, as encoded words (RFC 2047) where it is not.

/** Bytes of one word: its 52 characters leave room for the header's name on a line of 76. */
const longest = 30

// No quotes either, as in the library.
const plain = /^[ !#-~]*$/

/**
 * What the library's `encodeWords(value, "B", 52, true)` makes of a value without control characters and without `=?`; it
 * looks at each character by two patterns, which took as long as the whole rest of the headers.
 */
export const encodeWords = (value: string): string => {
  if (plain.test(value)) return value
  const bytes = Buffer.from(value)
  const words: Array<string> = []
  for (let start = 0; start < bytes.length;) {
    const end = boundary(bytes, start + longest)
    words.push(`=?UTF-8?B?${bytes.toString("base64", start, end)}?=`)
    start = end
  }
  return words.join(" ")
}

/** Where the character begins that `index` falls into: no word has half of one. */
const boundary = (bytes: Buffer, index: number): number => {
  let start = Math.min(index, bytes.length)
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1
  return start
}
