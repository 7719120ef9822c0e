// How a template finds its columns in a row, and turns the row into labelled items without losing any column that it
// was not told to leave out.
import type { Field, Row } from "../Row.ts"
import { shorten } from "./cut.ts"
import type { As, Item } from "./Item.ts"
import { item, show } from "./Item.ts"
import { label, normal } from "./label.ts"
import { cleanLine } from "./sanitize.ts"
import type { Context } from "./Template.ts"

/** A label and the columns that it stands for, joined; left out where the table has none of them. */
interface Entry {
  readonly label: string
  readonly columns: ReadonlyArray<string>
  readonly as?: As
}

const find = (row: Row, name: string): Field | undefined =>
  row.fields.find((field) => field.column === name) ?? row.fields.find((field) => normal(field.column) === name)

/** A column's value on one line; empty if there is none. */
export const words = (row: Row, name: string, context: Context): string => {
  const field = find(row, name)
  return field === undefined ? "" : cleanLine(shorten(show(field, context), 500))
}

export const personName = (row: Row, context: Context): string =>
  words(row, "name", context) || cleanLine(`${words(row, "first_name", context)} ${words(row, "last_name", context)}`)

/** The columns a template knows in its order, then those it does not know in the table's. */
export const listed = (
  row: Row,
  context: Context,
  entries: ReadonlyArray<Entry>,
  leftOut: ReadonlyArray<string>
): ReadonlyArray<Item> => {
  const used = new Set(leftOut.map((name) => find(row, name)))
  const items: Array<Item> = []
  for (const entry of entries) {
    const fields: Array<Field> = []
    for (const name of entry.columns) {
      const field = find(row, name)
      if (field === undefined || used.has(field)) continue
      used.add(field)
      fields.push(field)
    }
    if (fields.length > 0) items.push(item(entry.label, fields, context, entry.as))
  }
  for (const field of row.fields) {
    if (!used.has(field)) items.push(item(label(field.column), [field], context))
  }
  return items
}

/** `id`, where it only repeats the reference. */
export const repeatsKey = (row: Row): ReadonlyArray<string> => (find(row, "id")?.value === row.key ? ["id"] : [])
