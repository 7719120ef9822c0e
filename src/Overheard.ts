// What a notification of the replaced system's triggers says: `{"id": 42}`, or in old databases the whole row as JSON.
// Strangers can notify, too: whatever else a payload holds is no row.
import { Option, Schema } from "effect"
import type { Description } from "./Catalog.ts"
import type { Content } from "./Ledger.ts"
import type { Field, FieldKind, Row } from "./Row.ts"

export interface Heard {
  readonly key: string
  /** More than the key. */
  readonly content: Content | undefined
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

/** Undefined if the payload names no row of this table. */
export const parse = (payload: string, { key }: Pick<Description, "key">): Heard | undefined => {
  const content = Option.getOrUndefined(decode(payload))
  if (content === undefined) return undefined
  const own = content[key] ?? content["id"]
  // Beyond this JSON's numbers are not exact, and would name another row.
  const exact = typeof own === "string" || (typeof own === "number" && Number.isSafeInteger(own))
  if (!exact || own === "") return undefined
  return { key: String(own), content: Object.keys(content).length > 1 ? content : undefined }
}

/** The row as the notification told it, for a table that this user may not read. */
export const toRow = (table: Description, key: string, content: Content): Row => ({
  table: table.name,
  key,
  fields: Object.entries(content).map(([column, value]) => field(table, column, value))
})

const field = (table: Description, column: string, value: unknown): Field => {
  const kind: FieldKind = table.columns.find(({ name }) => name === column)?.kind ?? "text"
  if (value === null || value === undefined) return { column, kind, value: undefined, bytes: 0 }
  const text = typeof value === "string" ? value : JSON.stringify(value)
  // JSON has a T between date and time, where PostgreSQL's own text has a space.
  const shown = kind.startsWith("timestamp") ? text.replace("T", " ") : text
  return {
    column,
    kind: typeof value === "object" ? "json" : kind,
    value: kind === "bytes" ? undefined : shown,
    bytes: Buffer.byteLength(text)
  }
}
