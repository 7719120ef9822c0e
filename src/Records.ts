// The full rows behind claimed notices: one query a table and batch. No column, however large, can fill the memory: what
// leaves the server is bounded there, and each field says how large the whole was.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Column, Description, KeyType } from "./Catalog.ts"
import { identifier, quoted } from "./Catalog.ts"
import type { Field, Row } from "./Row.ts"
import { orOutage } from "./SqlOutage.ts"

/** Characters of one field, and of all fields of one row together; a row of 16 columns still gets all of each. */
interface Limits {
  readonly field: number
  readonly row: number
}

const all: Limits = { field: 65_536, row: 1_048_576 }
/** Where a mail tells of many rows. */
export const brief: Limits = { field: 1_000, row: 16_384 }

/** The rows with these keys, by key. A key that is missing in the answer has no row any more. */
export const fetch = Effect.fn("Records.fetch")(function* (
  table: Description,
  keys: ReadonlyArray<string>,
  limits: Limits = all
) {
  const sql = yield* SqlClient
  const rows = yield* orOutage(
    sql.unsafe<FetchedRow>(statement(table, limits), [keys.filter((key) => fits(key, table.keyType))])
  )
  return new Map(rows.map((fetched) => [fetched.key, toRow(table, fetched)]))
})

/** How a statement reads the rows behind its notices on its way. */
export interface Within {
  /** `values` and `sizes` of the row of notice `c`. */
  readonly sql: string
  readonly row: (
    table: number,
    key: string,
    values: FetchedRow["values"],
    sizes: FetchedRow["sizes"]
  ) => Row | undefined
}

/** With more tables, or more columns in all of them, a claim would plan and open too much on its way. */
const most = { tables: 8, columns: 256 }

/**
 * The same as `fetch`, within a claim. Undefined where that would be too much. A notice whose key the table's type might
 * refuse has no row here: `fetch` knows.
 */
export const within = (tables: ReadonlyMap<number, Description>): Within | undefined => {
  const described = [...tables]
  const columns = described.reduce((sum, [, table]) => sum + table.columns.length, 0)
  if (described.length > most.tables || columns > most.columns) return undefined
  return {
    sql: described.map(([number, table]) => rowOfNotice(number, table)).join("\n    union all\n"),
    row: (number, key, values, sizes) => {
      const table = tables.get(number)
      return table === undefined ? undefined : toRow(table, { key, values, sizes })
    }
  }
}

const rowOfNotice = (number: number, table: Description): string => `select ${selected(table, all)}
    from ${quoted(table)} r
    where c.table_number = ${number} and r.${identifier(table.key)} = ${keyOfNotice[table.keyType]}`

/** A condition before a cast, so that no key of another type can make the statement fail. */
const ifLike = (pattern: string, type: KeyType): string => `case when c.key ~ '${pattern}' then c.key::${type} end`

const keyOfNotice: Readonly<Record<KeyType, string>> = {
  smallint: ifLike("^-?\\d{1,4}$", "smallint"),
  integer: ifLike("^-?\\d{1,9}$", "integer"),
  bigint: ifLike("^-?\\d{1,18}$", "bigint"),
  uuid: ifLike("^[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$", "uuid"),
  text: "c.key::text",
  "character varying": "c.key::text"
}

interface FetchedRow {
  readonly key: string
  readonly values: ReadonlyArray<string | null>
  readonly sizes: ReadonlyArray<number | null>
}

/** A table that was made anew with another type of key has no row for an old one, which the server would refuse. */
const fits = (key: string, type: KeyType): boolean => {
  switch (type) {
    case "smallint":
    case "integer":
    case "bigint":
      return /^-?\d{1,19}$/.test(key) && BigInt.asIntN(bits[type], BigInt(key)) === BigInt(key)
    case "uuid":
      return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(key)
    case "text":
    case "character varying":
      return true
  }
}

const bits = { smallint: 16, integer: 32, bigint: 64 }

/** Two arrays, not two columns a column: a table may have 1,600 columns, and a SELECT list no more than 1,664. */
const selected = (table: Description, { field, row }: Limits): string => {
  const limit = Math.min(field, Math.floor(row / table.columns.length))
  return `array[${table.columns.map((column) => value(column, limit)).join(", ")}]::text[] as values,
      array[${table.columns.map(size).join(", ")}]::integer[] as sizes`
}

const statement = (table: Description, limits: Limits): string => {
  const key = `r.${identifier(table.key)}`
  return `select ${key}::text as key, ${selected(table, limits)}
    from ${quoted(table)} r where ${key} = any($1::text[]::${table.keyType}[])`
}

/** Bytes as text would be twice as long, and nobody reads them in a mail. */
const value = ({ name, kind }: Column, limit: number): string =>
  kind === "bytes" ? "null" : `left(r.${identifier(name)}::text, ${limit})`

const size = ({ name, kind }: Column): string =>
  kind === "bytes" ? `octet_length(r.${identifier(name)})` : `octet_length(r.${identifier(name)}::text)`

const toRow = (table: Description, { key, values, sizes }: FetchedRow): Row => ({
  table: table.name,
  key,
  fields: table.columns.map(({ name, kind }, index): Field => ({
    column: name,
    kind,
    value: values[index] ?? undefined,
    bytes: sizes[index] ?? 0
  }))
})
