// Clean text as HTML. Everything that HTML could take for its own is escaped, quotes too, so that the result fits
// between tags and into an attribute alike.
import { byteCost } from "./cut.ts"

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

const nextParagraph = '</p>\n<p dir="auto" style="margin:12px 0 0">'

/** An empty line starts a paragraph, which finds its own direction. */
export const paragraphs = (text: string): string => {
  const parts = text.split("\n\n").map((part) => escape(part).replaceAll("\n", "<br>\n"))
  return `<p dir="auto" style="margin:0">${parts.join(nextParagraph)}</p>`
}

/** Lines with their indentation, for clients that know no `white-space`. */
export const code = (text: string): string =>
  escape(text)
    .replace(/^ +/gm, (spaces) => "&nbsp;".repeat(spaces.length))
    .replaceAll("\n", "<br>\n")

/** At least what one code point takes in any of these. */
export const escapedCost = (codePoint: number): number => {
  switch (codePoint) {
    case 0x0a:
      return (nextParagraph.length + 1) / 2
    case 0x20:
      return 6
    case 0x26: // &
    case 0x27: // '
      return 5
    case 0x3c: // <
    case 0x3e: // >
      return 4
    case 0x22: // "
      return 6
    default:
      return byteCost(codePoint)
  }
}
