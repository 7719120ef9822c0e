// A row for a test mail: the newest one of a table, or one made up from its columns.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Catalog from "../Catalog.ts"
import type { Table } from "../Database.ts"
import * as Records from "../Records.ts"
import type { Field, FieldKind, Row } from "../Row.ts"
import { orOutage } from "../SqlOutage.ts"

/** Undefined where the table is empty. By its key: a walk along the one index that every watched table has. */
export const newest = Effect.fnUntraced(function* (description: Catalog.Description) {
  const client = yield* SqlClient
  const key = Catalog.identifier(description.key)
  const [last] = yield* orOutage(
    client.unsafe<{ readonly key: string }>(
      `select ${key}::text as key from ${Catalog.quoted(description)} order by ${key} desc limit 1`
    )
  )
  return last === undefined ? undefined : (yield* Records.fetch(description, [last.key])).get(last.key)
})

export const invented = (description: Catalog.Description, table: Table): Row => ({
  table: description.name,
  key: "0",
  fields: description.columns.map(({ kind, name }): Field => {
    const value = name === table.replyTo ? "test@example.com" : values[kind]
    return { column: name, kind, value, bytes: Buffer.byteLength(value ?? "") }
  })
})

const values: Readonly<Record<FieldKind, string | undefined>> = {
  text: "Test",
  number: "0",
  boolean: "true",
  timestamp: "2000-01-01 12:00:00",
  timestamptz: "2000-01-01 12:00:00+00",
  date: "2000-01-01",
  json: "{}",
  bytes: undefined,
  other: undefined
}
