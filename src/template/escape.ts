// Clean text as HTML. Everything that HTML could take for its own is escaped, quotes too, so that the result fits
// between tags and into an attribute alike. What people and these mails write besides ASCII every day is escaped as well:
// a part of ASCII alone takes half the memory here and travels as it is.
import { byteCost, byteLength } from "./cut.ts"

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "·": "&middot;",
  "–": "&ndash;",
  "—": "&mdash;",
  "‘": "&lsquo;",
  "’": "&rsquo;",
  "“": "&ldquo;",
  "”": "&rdquo;",
  "•": "&bull;",
  "…": "&hellip;",
  "€": "&euro;"
}

// Most texts have nothing to escape, and finding that out is all that is done with them.
const special = /[&<>"'·–—‘’“”•…€]/
const specials = new RegExp(special, "g")

export const escape = (text: string): string =>
  special.test(text)
    ? narrow(
        text.replace(specials, (character) => entities[character] ?? ""),
        text
      )
    : text

// What V8 keeps at two bytes a character, and all that is made of it or that it is put into.
const wide = /[^\0-\xff]/

/** The same text, kept at one byte a character where that will do. */
const narrow = (text: string, from: string): string =>
  wide.test(from) && byteLength(text) === text.length ? Buffer.from(text).toString("latin1") : text

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

const costs = new Map([
  ...Object.entries(entities).map(([character, { length }]) => [character.charCodeAt(0), length] as const),
  [0x0a, (nextParagraph.length + 1) / 2],
  [0x20, "&nbsp;".length]
])

/** At least what one code point takes in any of these. */
export const escapedCost = (codePoint: number): number => costs.get(codePoint) ?? byteCost(codePoint)
