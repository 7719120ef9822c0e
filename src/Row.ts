// The words for a customer's row as a mail shows it: fields in column order, each already text and already bounded.
export type FieldKind =
  | "text"
  | "number"
  | "boolean"
  /** `YYYY-MM-DD HH:MM:SS[.ffffff]`, in the database's configured zone. */
  | "timestamp"
  /** The same with `+00` behind it: always UTC. */
  | "timestamptz"
  | "date"
  | "json"
  /** `value` is absent; `bytes` says how much there was. */
  | "bytes"
  | "other"

export interface Field {
  readonly column: string
  readonly kind: FieldKind
  /** PostgreSQL's own text form (ISO dates, `true`/`false`), perhaps only its beginning; undefined for NULL. */
  readonly value: string | undefined
  /** The whole value's size in bytes of UTF-8, more than `value` has where it was cut; 0 for NULL. */
  readonly bytes: number
}

export interface Row {
  /** The table's name for people, for example `inquiries`. */
  readonly table: string
  /** The primary key as text. */
  readonly key: string
  readonly fields: ReadonlyArray<Field>
}
