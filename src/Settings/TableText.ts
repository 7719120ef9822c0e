// A table as people write it: `name` or `schema.name`, with SQL's double quotes where a name has a dot or capitals.
import { Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import type { TableName } from "../Database.ts"
import { text, tooLongForPostgres } from "./Words.ts"

const shape = /^(?:(?:"((?:[^"]|"")+)"|([^".]+))\.)?(?:"((?:[^"]|"")+)"|([^".]+))$/u
const bare = /^[\p{Ll}\p{Lo}_][\p{Ll}\p{Lo}\p{M}\p{N}_$]*$/u

const wrongBareName = (name: string): string | undefined =>
  bare.test(name)
    ? undefined
    : /\p{Lu}/u.test(name)
      ? "has capitals: write that name in SQL's double quotes if the table was made with capitals, otherwise in small letters"
      : "has a character that needs SQL's double quotes around the name"

const part = (quoted: string | undefined, unquoted: string | undefined): Result.Result<string, string> => {
  const name = quoted === undefined ? (unquoted ?? "") : quoted.replaceAll('""', '"')
  const wrong =
    (quoted === undefined ? wrongBareName(name) : name.includes("\0") ? "has a zero byte" : undefined) ??
    tooLongForPostgres(name)
  return wrong === undefined ? Result.succeed(name) : Result.fail(wrong)
}

export const parseTable = (written: string): Result.Result<TableName, string> => {
  const match = shape.exec(written)
  if (match === null) return Result.fail("must be a table's name, or schema.name")
  const [, quotedSchema, bareSchema, quotedName, bareName] = match
  return Result.gen(function* () {
    const schema =
      quotedSchema === undefined && bareSchema === undefined ? undefined : yield* part(quotedSchema, bareSchema)
    return { schema, name: yield* part(quotedName, bareName) }
  })
}

/** Two spellings with the same key are one table. Without a schema it is taken to be in `public`, as it nearly always is. */
export const tableKey = (table: TableName): string => JSON.stringify([table.schema ?? "public", table.name])

export const TableText = text(() => undefined).pipe(
  Schema.decodeTo(Schema.Struct({ schema: Schema.UndefinedOr(Schema.String), name: Schema.String }), {
    decode: SchemaGetter.transformEffect((written) =>
      Effect.fromResult(parseTable(written)).pipe(
        Effect.mapError((message) => new SchemaIssue.InvalidValue({ message }))
      )
    ),
    encode: SchemaGetter.forbiddenEncoding
  })
)
