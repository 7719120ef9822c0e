// In which order the rows of a table came: by a key that grows, or by a column that says when a row was written. A table
// with neither cannot be asked what is new in it.
import type { Description, KeyType } from "./Catalog.ts"
import { identifier } from "./Catalog.ts"

const ordered: ReadonlyArray<KeyType> = ["smallint", "integer", "bigint"]

export const grows = ({ keyType }: Pick<Description, "keyType">): boolean => ordered.includes(keyType)

/** When row `r` was written, as a timestamptz in SQL; `zone` is the parameter with the zone of times without one. */
export const written = ({ columns }: Pick<Description, "columns">, createdAt: string, zone: string) => {
  const kind = columns.find(({ name }) => name === createdAt)?.kind
  const column = `r.${identifier(createdAt)}`
  if (kind === "timestamptz") return { at: column, zoned: false }
  return kind === "timestamp" ? { at: `(${column} at time zone ${zone}::text)`, zoned: true } : undefined
}
