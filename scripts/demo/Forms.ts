// The web forms of the demo: each writes rows into its own database, the samples first and then one at a time, as they
// are or with what somebody typed.
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { Reactivity } from "effect/reactivity"
import type { Typed } from "../stage/Inbox.ts"
import type { Server } from "../stage/Postgres.ts"
import { insertInto } from "../stage/samples.ts"
import { type Instance, instances } from "./instances.ts"

export interface Form {
  readonly instance: Instance
  readonly sql: PgClient.PgClient
  /** Inserts the next sample, with these words in place of its own where there are any. */
  readonly submit: (typed?: Pick<Typed, "name" | "message">) => Effect.Effect<string, string>
}

/** Whoever types a name is not the sample's person any more. */
const named = (name: string, columns: ReadonlyArray<string>) => {
  const email = "visitor@example.com"
  if (!columns.includes("first_name")) return { name, email }
  const [first_name = "", ...rest] = name.split(/\s+/)
  return { first_name, last_name: rest.join(" ") || null, email }
}

const make = (instance: Instance, sql: PgClient.PgClient): Form => {
  const { database, sample } = instance
  let submitted = 0
  const submit: Form["submit"] = Effect.fnUntraced(
    function* (typed) {
      const row = sample.rows[submitted++ % sample.rows.length] ?? {}
      const name = typed?.name.trim() ?? ""
      const insert = insertInto(sample.table, {
        ...row,
        ...(name !== "" && named(name, Object.keys(row))),
        ...(typed !== undefined && typed.message.trim() !== "" && { message: typed.message })
      })
      const [written] = yield* sql.unsafe<{ readonly id: number }>(`${insert.sql} RETURNING id`, insert.values)
      return `Row ${written?.id} was inserted into ${sample.table} of ${database}. Its mail is on the way.`
    },
    Effect.mapError(({ reason }) => `PostgreSQL refuses: ${reason.message}`)
  )
  return { instance, sql, submit }
}

/** Makes the databases and their tables. */
export const open = Effect.fn("Forms.open")(function* (server: Server) {
  const { host, password, port, user: username } = server
  return yield* Effect.forEach(
    instances,
    Effect.fnUntraced(function* (instance) {
      const { database, sample } = instance
      yield* server.createDatabase(database)
      const sql = yield* PgClient.make({ host, port, database, username, password, maxConnections: 1 })
      yield* sql.unsafe(sample.createTable)
      return make(instance, sql)
    })
  )
}, Effect.provide(Reactivity.layer))
