// One mail for many rows: `37 further inquiries in 5 minutes (#21 – #57)`. Each row is there with its key and as much of what
// it says as there is room for, what fits on a line first; one that its template cannot show is there by its key.
import { Duration, Result } from "effect"
import type { TemplateName } from "../Database.ts"
import type { Row } from "../Row.ts"
import { beginning, byteLength, shorten } from "./cut.ts"
import { escapedCost } from "./escape.ts"
import { renderHtml } from "./html.ts"
import type { Item } from "./Item.ts"
import { missing } from "./Item.ts"
import type { Letter, Page } from "./Page.ts"
import { template } from "./render.ts"
import { cleanLine } from "./sanitize.ts"
import { reference } from "./subject.ts"
import type { Context, Rendered } from "./Template.ts"
import { renderText } from "./text.ts"

/** Code units of one field of a row. */
const longest = 600
/** Bytes of what stands above a row, as HTML. */
const head = 200

const ellipsis = 0x2026
const unshown = "This row cannot be shown here: look at it in the table."

const letterOf = (name: TemplateName, row: Row, context: Context): Letter | undefined =>
  Result.getOrUndefined(Result.try(() => template(name)(row, context)))

const entry = (row: Row, letter: Letter | undefined): Item => {
  const items = (letter?.items ?? []).filter(({ text }) => text !== missing)
  const short = items.filter(({ layout }) => layout === "line")
  const long = items.filter(({ layout }) => layout !== "line")
  const lines = [...short, ...long].map(({ label, text }) => `${label}: ${shorten(cleanLine(text), longest)}`)
  const text = letter === undefined ? unshown : lines.join("\n") || missing
  const about = [letter?.fact ?? "", letter?.person ?? ""].filter((words) => words !== "").join(" – ")
  const label = [reference(row.key, 40), about].filter((words) => words !== "").join(" · ")
  const cut = beginning(label, head, head - escapedCost(ellipsis), escapedCost).text
  const bytes = byteLength(text)
  return { label: cut === label ? label : `${cut}…`, text, bytes, total: bytes, layout: "entry", href: undefined }
}

/** As people say it: `5 minutes`, `1 hour`. */
const span = (within: Duration.Duration): string =>
  Object.entries(Duration.parts(within))
    .flatMap(([unit, count]) => (count === 0 ? [] : [`${count} ${count === 1 ? unit.replace(/s$/, "") : unit}`]))
    .join(" ")

export const digest = (
  name: TemplateName,
  rows: ReadonlyArray<Row>,
  within: Duration.Duration | undefined,
  context: Context
): Rendered => {
  const letters = rows.map((row) => letterOf(name, row, context))
  const kind = letters.find((letter) => letter !== undefined)?.kind ?? { one: "row", many: "rows" }
  const keys = [...new Set([rows[0]?.key ?? "", rows.at(-1)?.key ?? ""])]
  const fact = `${rows.length} further ${rows.length === 1 ? kind.one : kind.many}${within === undefined ? "" : ` in ${span(within)}`}`
  const source = [context.database, rows[0]?.table ?? ""].map((name) => shorten(cleanLine(name), 80))
  const page: Page = {
    title: "Digest",
    fact,
    person: "",
    reference: keys.map((key) => reference(key, 40)).join(" – "),
    items: rows.map((row, index) => entry(row, letters[index])),
    itemName: "row",
    source: source.join(" · "),
    answer: "Many came at once, so they are in one mail. Replies to it do not reach the senders of the form."
  }
  const { shown, text } = renderText(page)
  return {
    subject: shorten(`${fact} (${keys.map((key) => reference(key, 14)).join(" – ")})`, 78),
    text,
    html: renderHtml(page, shown),
    replyTo: undefined
  }
}
