// A customer's database as one finds it: it belongs to an ordinary role, not to a superuser, and a form writes to it as
// another role that may do nothing but INSERT. Everything ends with the scope but the roles, which end with the server.
import { PgConnection } from "@effect/sql-pg"
import { assert } from "@effect/vitest"
import { Duration, Effect, Queue, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import * as Connection from "../../src/Connection.ts"
import type { Database } from "../../src/Database.ts"
import { migrate } from "../../src/Migrate.ts"
import type { FreshDatabase } from "./freshDatabase.ts"
import { freshDatabase } from "./freshDatabase.ts"
import { databaseAt } from "./line.ts"

type Place = Pick<FreshDatabase, "database" | "host" | "password" | "port" | "user">

export interface Session {
  /** What the server refuses fails the test. */
  readonly query: (text: string, params?: ReadonlyArray<unknown>) => Effect.Effect<ReadonlyArray<Row>>
  /** Why the server refuses; the test fails where it does not. */
  readonly refusal: (text: string) => Effect.Effect<string>
}
type Row = Readonly<Record<string, unknown>>

/** A connection of its own. */
export const session = Effect.fnUntraced(function* ({ database, host, password, port, user }: Place) {
  const connection = yield* PgConnection.make({ host, port, database, username: user, password })
  const run = (text: string, params: ReadonlyArray<unknown> = []) =>
    // Unprepared: tests change the tables under their statements.
    connection.query(text, params, false).pipe(
      Effect.map(({ rows }) => rows),
      Effect.mapError(({ reason }) => `${String(reason.cause)} in: ${text.slice(0, 200)}`)
    )
  const opened: Session = {
    query: (text, params) => Effect.orDie(run(text, params)),
    refusal: (text) => Effect.orDie(Effect.flip(run(text)))
  }
  return opened
})

/** Where nothing is set up yet: `createTables` runs as the owner, and the form may INSERT into every table. */
export const customer = Effect.fn("customer")(function* (
  createTables: string = "create table inquiries (id serial primary key, name text)",
  overrides: Partial<Database> = {},
  given?: FreshDatabase
) {
  const fresh = given ?? (yield* freshDatabase())
  const { admin } = fresh
  const password = Redacted.make(randomBytes(9).toString("hex"))
  const owner = { ...fresh, user: `owner_of_${fresh.database}`, password }
  const form = { ...fresh, user: `form_of_${fresh.database}`, password }
  for (const { user } of [owner, form]) {
    yield* admin.unsafe(`create role ${user} login password '${Redacted.value(password)}'`)
  }
  yield* admin.unsafe(`alter database ${fresh.database} owner to ${owner.user}`)
  const owning = yield* session(owner)
  for (const statement of createTables.split(";\n")) yield* owning.query(statement)
  yield* owning.query(`grant insert on all tables in schema public to ${form.user}`)
  yield* owning.query(`grant usage on all sequences in schema public to ${form.user}`)
  const database = databaseAt(owner, "http://127.0.0.1:1", overrides)
  return { fresh, owner: owning, form: yield* session(form), formRole: form.user, as: { owner, form }, database }
})

/** `migrate` for one database, as its command runs it. `names` are all configured names. */
export const migrateOne = (database: Database, ...names: ReadonlyArray<Database["name"]>) =>
  migrate(database, [database.name, ...names]).pipe(Effect.provide(Connection.once(database.address)))

/** What was captured, in order, as `number:key`. */
export const captured = Effect.fnUntraced(function* ({ admin }: Pick<FreshDatabase, "admin">) {
  const rows = yield* admin<{ readonly notice: string }>`
    select table_number || ':' || key as notice from inquiries_mailer.outbox order by ctid`
  return rows.map(({ notice }) => notice)
})

/** Listens on our channel; `heard` gives the payloads that were notified since it was last run. */
export const listener = Effect.fnUntraced(function* (place: Place, { admin }: Pick<FreshDatabase, "admin">) {
  const { database, host, password, port, user } = place
  const connection = yield* PgConnection.make({ host, port, database, username: user, password })
  const queue = yield* connection.listen(Connection.channel)
  const heard = Effect.gen(function* () {
    const payloads: Array<string> = []
    // Notifications arrive in the order of their commits: what stands before our own is all there is.
    yield* admin`select pg_notify(${Connection.channel}, 'the end')`
    while (true) {
      const { payload } = yield* Queue.take(queue)
      if (payload === "the end") return payloads
      payloads.push(payload)
    }
  })
  return { heard }
})

/** The effect must succeed within a second, which is the most an INSERT of the customer's may take. */
export const promptly = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(self), ([took, value]) => {
    assert.isBelow(Duration.toMillis(took), 1_000, "milliseconds")
    return value
  })
