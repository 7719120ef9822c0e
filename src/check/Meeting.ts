// The database where the workers of a cluster meet: the way to it, the login, and whether its tables can be made or used.
// Looks and changes nothing; none of its faults is a watched database's.
import { Effect } from "effect"
import * as Catalog from "../Catalog.ts"
import * as Connection from "../Connection.ts"
import type { Address } from "../Database.ts"
import { advise, type Finding, finding, type Hop, hop, isBroken, ok, skipped, sql, unasked } from "./Hop.ts"
import * as Network from "./Network.ts"
import * as Server from "./Server.ts"
import type { Place } from "./Setting.ts"

export const hops = Effect.fn("check.Meeting.hops")(function* (place: Place): Effect.fn.Return<ReadonlyArray<Hop>> {
  const way = yield* Network.look(place)
  if (way.some(isBroken)) return [...way, skipped("tables", "its server cannot be reached")]
  const { found, hop: login } = yield* Server.login(place)
  if (found === undefined) return [...way, login, skipped("tables", "nobody is logged in")]
  const server = [
    unasked("version", Server.version(found)),
    unasked("writing", Server.writable(place, found)),
    unasked("clock", Server.clock(found))
  ]
  if (server.some(isBroken)) return [...way, login, ...server, skipped("tables", "it has to be another server")]
  return [...way, login, ...server, yield* hop("tables", tables(place.database.address))]
})

const schema = "inquiries_mailer_cluster"

/** By name and not by `regclass`, which fails where the schema may not be used. */
const question = `
  select count(*)::integer as tables,
    coalesce(bool_and(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
      and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update')
      and has_table_privilege(c.oid, 'delete')), false) as allowed,
    has_database_privilege(current_database(), 'create') as "mayCreate"
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = '${schema}' and c.relname in ('process_runners', 'knowledge', 'taken')`

const all = 3

const tables = Effect.fnUntraced(function* (address: Address) {
  const { allowed, mayCreate, tables } = yield* Connection.ask(address, question)
  return judge(address, Number(tables), allowed === true, mayCreate === true)
})

const judge = ({ database, user }: Address, tables: number, allowed: boolean, mayCreate: boolean): Finding => {
  const role = Catalog.identifier(user)
  if (tables === all) {
    return allowed
      ? ok("are there, and this user may read and write them")
      : finding(
          "broken",
          "are there, and this user may not read and write them",
          sql(`grant usage on schema ${schema} to ${role};`),
          sql(`grant select, insert, update, delete on all tables in schema ${schema} to ${role};`),
          sql(`grant usage on all sequences in schema ${schema} to ${role};`)
        )
  }
  if (mayCreate) return ok("are made by the first worker that starts")
  return finding(
    "broken",
    "are not there, and this user may not make them",
    sql(`grant create on database ${Catalog.identifier(database)} to ${role};`),
    advise("or start one worker with a user who may, and run check again")
  )
}
