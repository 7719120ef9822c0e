// One entry of a mail: a label and a clean text, made from one or more fields of a row. Everything a part needs to lay
// it out is decided here, but for how much of it there is room for.
import type { Field } from "../Row.ts"
import { byteLength } from "./cut.ts"
import { arrayList, indented, jsonList } from "./json.ts"
import { memoized, normal } from "./label.ts"
import { mailto, tel, validAddress } from "./replyTo.ts"
import { clean } from "./sanitize.ts"
import { showSize } from "./size.ts"
import type { Context } from "./Template.ts"
import { date, timestamp, timestamptz } from "./time.ts"

export interface Item {
  readonly label: string
  readonly text: string
  /** Bytes that `text` has. */
  readonly bytes: number
  /** Bytes there were, more than `text` has if only its beginning was fetched. */
  readonly total: number
  /** `entry`: a whole row, one of many. */
  readonly layout: "line" | "paragraphs" | "code" | "entry"
  readonly href: string | undefined
}

/** How a column is to be shown when its type does not say. */
export type As = "paragraphs" | "yes-no" | "list"

export const missing = "–"

const longestLine = 100

const yesNo = (value: string): string =>
  /^(?:t|true|y|yes|on|1)$/i.test(value) ? "Yes" : /^(?:f|false|n|no|off|0)$/i.test(value) ? "No" : value

const list = (value: string): string => (jsonList(value) ?? arrayList(value))?.join(", ") ?? value

const display = (field: Field, value: string, context: Context): string => {
  switch (field.kind) {
    case "boolean":
      return yesNo(value)
    case "timestamp":
      return timestamp(value, context.timeZone)
    case "timestamptz":
      return timestamptz(value, context.timeZone)
    case "date":
      return date(value)
    case "json":
      return indented(value)
    case "other":
      return arrayList(value)?.join(", ") ?? value
    default:
      return value
  }
}

/** A field as clean text, empty for NULL. */
export const show = (field: Field, context: Context, as?: As): string => {
  const { value } = field
  if (value === undefined) {
    return field.bytes === 0 ? "" : `${showSize(field.bytes)} of ${field.kind === "bytes" ? "binary " : ""}data`
  }
  return clean(as === "yes-no" ? yesNo(value) : as === "list" ? list(value) : display(field, value, context))
}

/** What a column is named for. */
const holds = memoized((column) =>
  /(?:^|_)e_?mail(?:_|$)/.test(normal(column))
    ? "address"
    : /(?:^|_)(?:phone|mobile|cell|tel|telephone)(?:_|$)/.test(normal(column))
      ? "number"
      : "text"
)

const link = (field: Field, text: string, context: Context): string | undefined => {
  if (field.column === context.replyTo || holds(field.column) === "address") {
    const address = validAddress(text)
    return address === undefined ? undefined : mailto(address)
  }
  return holds(field.column) === "number" ? tel(text) : undefined
}

/** Bytes of its value that were not fetched. */
const notFetched = ({ bytes, value }: Field): number =>
  value === undefined || bytes <= value.length ? 0 : Math.max(0, bytes - byteLength(value))

const absent = { text: missing, bytes: byteLength(missing), total: byteLength(missing), href: undefined } as const

export const item = (label: string, fields: ReadonlyArray<Field>, context: Context, as?: As): Item => {
  let text = ""
  for (const field of fields) {
    const shown = show(field, context, as)
    text = text === "" || shown === "" ? text || shown : `${text} ${shown}`
  }
  if (text === "") return { label, layout: "line", ...absent }
  const bytes = byteLength(text)
  const [only] = fields
  const long = as === "paragraphs" || text.length > longestLine || text.includes("\n")
  return {
    label,
    text,
    bytes,
    total: fields.reduce((sum, field) => sum + notFetched(field), bytes),
    layout: !long ? "line" : only?.kind === "json" ? "code" : "paragraphs",
    href: long || only === undefined || fields.length > 1 ? undefined : link(only, text, context)
  }
}
