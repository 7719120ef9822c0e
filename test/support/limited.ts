// A role that is no superuser, as a worker should have it: limits and policies hold for it.
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { Database } from "../../src/Database.ts"
import * as line from "./line.ts"

/** The role, which ends with the scope, and the database as it reaches it. */
export const limited = Effect.fnUntraced(function* (admin: PgClient.PgClient, database: Database) {
  const role = `limited_${database.address.database}`
  yield* admin.unsafe(`create role ${role} login password '${line.passwordOf(database)}'`)
  yield* admin.unsafe(`grant usage on schema inquiries_mailer to ${role}`)
  yield* admin.unsafe(`grant all on all tables in schema inquiries_mailer to ${role}`)
  yield* admin.unsafe(`grant select on inquiries to ${role}`)
  yield* Effect.addFinalizer(() => Effect.ignore(admin.unsafe(`drop owned by ${role}; drop role ${role}`)))
  return { role, database: { ...database, address: { ...database.address, user: role } } }
})
