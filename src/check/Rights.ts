// What the worker's user may do: each right that it needs and lacks, as the statement that grants it. Reads nothing but the
// catalog, which everybody may read.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Grants from "../Grants.ts"
import { orOutage } from "../SqlOutage.ts"
import { finding, ok, sql } from "./Hop.ts"

export interface Place {
  readonly schema: string
  readonly name: string
}

/** The rights to these tables, and to the outbox where it is wanted. */
export const rights = Effect.fnUntraced(function* (database: string, tables: ReadonlyArray<Place>, outbox: boolean) {
  const client = yield* SqlClient
  const [me] = yield* orOutage(client<{ readonly user: string }>`select current_user as user`)
  const user = me?.user ?? ""
  const missing: Array<string> = []
  for (const right of Grants.needed(database, tables, outbox)) {
    const lacking: Array<string> = []
    for (const privilege of right.privileges.split(", ")) {
      const [row] = yield* orOutage(
        client.unsafe<{ readonly held: boolean }>(held[right.kind], [right.object, privilege])
      )
      // No row: there is no such thing, which another hop says.
      if (row?.held === false) lacking.push(privilege)
    }
    if (lacking.length > 0) missing.push(Grants.statement({ ...right, privileges: lacking.join(", ") }, user))
  }
  return missing.length === 0
    ? ok(`${user} may do all that the worker does`)
    : finding("broken", `${user} lacks rights`, ...missing.map(sql))
})

/** By the catalog: looking a name up would itself need a right to its schema. */
const held: Readonly<Record<Grants.Right["kind"], string>> = {
  database: `select has_database_privilege(oid, $2) as held from pg_database where datname = (parse_ident($1))[1]`,
  schema: `select has_schema_privilege(oid, $2) as held from pg_namespace where nspname = (parse_ident($1))[1]`,
  table: `select has_table_privilege(c.oid, $2) as held from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = (parse_ident($1))[1] and c.relname = (parse_ident($1))[2]`
}
