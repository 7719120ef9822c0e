// A text as a part of a mail. It goes out as it is (7bit) if no server on the way may have a reason to change it, else by
// base64.

/** Within every boundary between parts. No base64 has it, and nothing that goes out as it is. */
export const boundaryMark = "_NmP-"

/** From the line break that ends the boundary before it to the last before the next. */
export const part = (type: string, text: string): string => {
  const asIs = sevenBit(text)
  return asIs === undefined
    ? `${head(type, "base64")}${folded(Buffer.from(withCrlf(text)).toString("base64"))}`
    : `${head(type, "7bit")}${asIs}`
}

const head = (type: string, encoding: string): string =>
  `\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`

// What servers and mailboxes change or refuse, or what ends a part: control characters, and `From `, which some put a `>`
// before. They are looked for one by one, because that takes half the time of a pattern with all of them.
const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).filter((code) => code !== "\n")
const notAsIs = [...controls, "\u007f", "From ", boundaryMark]

/** Control characters too. */
export const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length

const sevenBit = (text: string): string | undefined =>
  isAscii(text) && !notAsIs.some((piece) => text.includes(piece)) ? shortLines(text) : undefined

/** Without the line break (RFC 5322, 2.1.1). */
const longestLine = 998

/** With CRLF, if none is longer than servers have to take. */
const shortLines = (text: string): string | undefined => {
  let lines = ""
  let start = 0
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
    if (end - start > longestLine) return undefined
    lines += `${text.slice(start, end)}\r\n`
    start = end + 1
  }
  return text.length - start > longestLine ? undefined : lines + text.slice(start)
}

/** Without a pattern where that will do: it takes three times as long, and the templates write no CR. */
const withCrlf = (text: string): string =>
  text.includes("\r") ? text.replace(/\r?\n/g, "\r\n") : text.replaceAll("\n", "\r\n")

/** Lines of 76 characters, the most that base64 may have in a mail (RFC 2045, 6.8). */
const folded = (base64: string): string => {
  let lines = base64.slice(0, 76)
  for (let at = 76; at < base64.length; at += 76) lines += `\r\n${base64.slice(at, at + 76)}`
  return lines
}
