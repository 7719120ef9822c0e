// What the server's catalog says of a configured table: where it is, its key, its columns; or why it cannot be watched.
// Read anew at every start, so that a changed table is never read by an old description.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { TableName } from "./Database.ts"
import { showTable } from "./Database.ts"
import type { FieldKind } from "./Row.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

export interface Column {
  readonly name: string
  readonly kind: FieldKind
}

export interface Description {
  readonly schema: string
  readonly name: string
  /** The one column of the primary key. */
  readonly key: string
  readonly keyType: KeyType
  readonly columns: ReadonlyArray<Column>
}

export type KeyType = (typeof keyTypes)[number]
const keyTypes = ["smallint", "integer", "bigint", "uuid", "text", "character varying"] as const

/** Text keys may be personal data, an e-mail address for example: kept out of logs and notifications. */
export const isTextKey = (type: KeyType): boolean => type === "text" || type === "character varying"

/** A table that cannot be watched, with the reason in words. */
export interface Refusal {
  readonly refused: string
}

const usualPath = `'"$user", public'`

/**
 * The search_path that this user's sessions here have. Our own have none, see `Connection`; one in the server's
 * configuration file is then out of sight.
 */
const pathOfUser = `coalesce((
  select substr(setting, length('search_path=') + 1) from pg_db_role_setting s cross join unnest(s.setconfig) as setting
  where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
    and s.setrole in (0, (select oid from pg_roles where rolname = session_user))
    and starts_with(setting, 'search_path=')
  order by s.setrole = 0, s.setdatabase = 0 limit 1
), ${usualPath})`

/** As SQL. Where nobody has set one, which is a small question, the large one is spared: it costs a new session 15 ms. */
const pathHere: Effect.Effect<string, Outage, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<{ readonly set: boolean }>`select exists (select from pg_db_role_setting) as set`)
  return row?.set === false ? usualPath : pathOfUser
})

/** Describes a table, or says why it cannot be watched. */
export const describe = Effect.fn("Catalog.describe")(function* (table: TableName) {
  const sql = yield* SqlClient
  const name = showTable(table)
  const refuse = (why: string): Refusal => ({ refused: `table ${name} ${why}` })

  // A name with its schema is found without a path. Without joins: to plan those, much of the catalog would be read.
  const path = table.schema === undefined ? yield* pathHere : usualPath
  const [relation] = yield* orOutage(
    sql<Relation>`
      select c.oid::int8::text as oid, (select n.nspname from pg_namespace n where n.oid = c.relnamespace) as schema,
        c.relname as name, c.relkind as kind,
        exists (select from pg_inherits i where i.inhrelid = c.oid) as child,
        exists (select from pg_inherits i where i.inhparent = c.oid) as parent
      from pg_class c
      where c.oid = (
        select to_regclass(${quoted(table)})
        -- For this statement alone, and for no name in it: those are found before it runs.
        from (select set_config('search_path', ${sql.literal(path)}, true) as path offset 0) p
        where p.path is not null
      )`
  )
  if (relation === undefined) return refuse("does not exist, or this user may not see its schema")
  const unfit = unfitness(relation)
  if (unfit !== undefined) return refuse(unfit)

  const columns = yield* orOutage(
    sql<CatalogColumn>`
      -- A domain is taken for the type it is made of.
      select a.attname as name, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as type,
        t.typcategory as category,
        coalesce(a.attnum = any(k.conkey), false) as key
      from pg_attribute a
        join pg_type t on t.oid = a.atttypid
        left join pg_constraint k on k.conrelid = a.attrelid and k.contype = 'p'
      where a.attrelid = ${relation.oid}::oid and a.attnum > 0 and not a.attisdropped
      order by a.attnum`
  )
  const keys = columns.filter((column) => column.key)
  const [key] = keys
  if (key === undefined) return refuse("has no primary key: add one, it identifies the row to be mailed")
  if (keys.length > 1) return refuse("has a primary key of several columns: only a single one can be watched")
  const keyType = keyTypes.find((type) => type === key.type)
  if (keyType === undefined) {
    return refuse(`has a primary key of type ${key.type}: watched are smallint, integer, bigint, uuid, text, varchar`)
  }
  const description: Description = {
    schema: relation.schema,
    name: relation.name,
    key: key.name,
    keyType,
    columns: columns.map(({ name, type, category }) => ({ name, kind: kindOf(type, category) }))
  }
  return description
})

export const isRefusal = (description: Description | Refusal): description is Refusal => "refused" in description

interface Relation {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly child: boolean
  readonly parent: boolean
}

interface CatalogColumn {
  readonly name: string
  readonly type: string
  readonly category: string
  readonly key: boolean
}

/** A trigger with a transition table sees exactly one plain table's rows, hence the refusals. */
const unfitness = ({ kind, child, parent }: Relation): string | undefined => {
  switch (kind) {
    case "v":
    case "m":
      return "is a view: watch the table behind it"
    case "f":
      return "is a foreign table: watch it in the database where it lives"
    case "p":
      return "is partitioned: its rows move between partitions, which looks like new rows"
    case "r":
      return child || parent ? "takes part in inheritance or partitioning: watch a plain table" : undefined
    default:
      return "is not a table"
  }
}

const kindOf = (type: string, category: string): FieldKind => {
  switch (type) {
    case "boolean":
      return "boolean"
    case "timestamp without time zone":
      return "timestamp"
    case "timestamp with time zone":
      return "timestamptz"
    case "date":
      return "date"
    case "json":
    case "jsonb":
      return "json"
    case "bytea":
      return "bytes"
    default:
      return category === "N" ? "number" : category === "S" ? "text" : "other"
  }
}

/** An SQL identifier; whatever the name holds, it stays a name. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text as SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A table's name as SQL. */
export const quoted = (table: TableName): string =>
  table.schema === undefined ? identifier(table.name) : `${identifier(table.schema)}.${identifier(table.name)}`
