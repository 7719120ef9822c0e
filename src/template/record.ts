// Fits any table: every column in the table's order, and the most telling one in the subject.
// `New record in inquiries: 2023 Honda Civic – Jane Doe (#42)`.
import type { Row } from "../Row.ts"
import { listed, personName, words } from "./columns.ts"
import { shorten } from "./cut.ts"
import { cleanLine } from "./sanitize.ts"
import type { Context, Template } from "./Template.ts"

const telling = ["subject", "title", "summary", "service", "inquiry_type"]

/** The value of the first of these columns that has one, else the first text in the row that is not `person`. */
const keyFact = (row: Row, context: Context, person: string): string =>
  telling.map((name) => words(row, name, context)).find((value) => value !== "") ??
  (person !== ""
    ? ""
    : (row.fields
        .filter(({ kind, value }) => kind === "text" && value !== row.key)
        .map(({ column }) => words(row, column, context))
        .find((value) => value !== "") ?? ""))

export const record: Template = (row, context) => {
  const person = personName(row, context)
  const table = shorten(cleanLine(row.table), 28)
  return {
    title: `New record in ${table}`,
    kind: { one: `record of ${table}`, many: `records of ${table}` },
    fact: keyFact(row, context, person),
    person,
    items: listed(row, context, [], [])
  }
}
