// The text part: a line a field, long values in indented blocks, so that nothing a stranger typed can pass for a label.
import type { Part, Portion } from "./budget.ts"
import { fit, textLimit } from "./budget.ts"
import { byteCost } from "./cut.ts"
import type { Item } from "./Item.ts"
import type { Page } from "./Page.ts"
import { showSize } from "./size.ts"

const newline = 0x0a
const widest = 20

/** Its lines, those that are not empty below a label. */
const indented = (text: string): ReadonlyArray<string> =>
  text.split("\n").map((line) => (line === "" ? "" : `  ${line}`))

const textPart = (items: ReadonlyArray<Item>): Part => {
  const widths = items.map(({ label, layout }) => (layout === "line" && label.length < widest ? label.length + 2 : 0))
  const width = Math.max(0, ...widths)
  return {
    fieldLimit: 64_000,
    // CRLF and the indentation of the next line.
    cost: (codePoint) => (codePoint === newline ? 4 : byteCost(codePoint)),
    note: (item, bytes) => `… (cut here: ${showSize(bytes)} of ${showSize(item.total)} shown)`,
    draw: ({ item, text, note }) => {
      const value = note === undefined ? [text] : [text, note]
      return item.layout === "line"
        ? `${`${item.label}: `.padEnd(width)}${value.join(" ")}\n`
        : `\n${item.label}:\n${value.flatMap(indented).join("\n")}\n\n`
    }
  }
}

export const leftOut = (count: number, { itemName }: Page): string =>
  count === 1 ? `One more ${itemName} is not shown.` : `${grouped(count)} more ${itemName}s are not shown.`

/** By thousands. */
const grouped = (count: number): string => (count < 1000 ? `${count}` : count.toLocaleString("en"))

/** The part, and what it shows. */
export const renderText = (page: Page): { readonly text: string; readonly shown: ReadonlyArray<Portion> } => {
  const about = [page.fact, page.person].filter((words) => words !== "").join(" – ")
  const head = `${page.title} (${page.reference})\n${about}\n\n`
  const foot = `\n---\n${page.answer === "" ? "" : `${page.answer}\n`}${page.source}\n`
  const rest = (count: number) => (count === 0 ? "" : `\n${leftOut(count, page)}\n`)
  const part = textPart(page.items)
  const around = head + foot + rest(page.items.length)
  const { drawn, leftOut: others, portions } = fit(page.items, textLimit, around, part)
  const text = head + drawn + rest(others) + foot
  return { text: text.replace(/\n{3,}/g, "\n\n"), shown: portions }
}
