// From what a template decided to a mail: subject, both parts and Reply-To.
import type { Row } from "../Row.ts"
import { personName } from "./columns.ts"
import { shorten } from "./cut.ts"
import { renderHtml } from "./html.ts"
import type { Letter, Page } from "./Page.ts"
import { replyTo } from "./replyTo.ts"
import { cleanLine } from "./sanitize.ts"
import { reference, subject } from "./subject.ts"
import type { Context, Rendered } from "./Template.ts"
import { renderText } from "./text.ts"

const noAddress = "No single valid e-mail address was given: replies do not reach the sender of the form."

export const compose = (letter: Letter, row: Row, context: Context): Rendered => {
  const address = row.fields.find((field) => field.column === context.replyTo)
  const sender = replyTo(address?.value, personName(row, context))
  const source = [context.database, row.table].map((name) => shorten(cleanLine(name), 80))
  const key = reference(row.key, 100)
  const page: Page = {
    title: letter.title,
    items: letter.items,
    itemName: "field",
    fact: shorten(letter.fact, 200),
    person: shorten(letter.person, 200),
    reference: key,
    source: [...source, key].join(" · "),
    answer: sender !== undefined ? `Replies go to ${sender.address}.` : address === undefined ? "" : noAddress
  }
  const { text, shown } = renderText(page)
  return {
    subject: subject(letter.title, [letter.fact, letter.person], row.key),
    text,
    html: renderHtml(page, shown),
    replyTo: sender
  }
}
