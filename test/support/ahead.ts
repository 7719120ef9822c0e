// A customer's database with its trigger, and a worker that can leave claims there; the test says when.
import type { PgClient } from "@effect/sql-pg"
import { assert } from "@effect/vitest"
import { Clock, Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Ahead from "../../src/Ahead.ts"
import type { Database } from "../../src/Database.ts"
import * as Catalog from "../../src/Catalog.ts"
import { Outbox } from "../../src/Outbox.ts"
import * as Records from "../../src/Records.ts"
import { movable } from "./clock.ts"
import { customer, listener, migrateOne, session } from "./customer.ts"

interface Noted {
  readonly key: string
  readonly begun: boolean
  readonly held: boolean
  readonly outcome: string | null
}

export const leaving = Effect.fn("leaving")(function* (...[createTables, overrides]: Parameters<typeof customer>) {
  const stage = yield* customer(createTables, overrides)
  const { as, database, fresh } = stage
  yield* migrateOne(database)
  const description = yield* Effect.provideService(
    Catalog.describe({ schema: undefined, name: "inquiries" }),
    SqlClient,
    fresh.admin
  )
  if (Catalog.isRefusal(description)) return assert.fail(description.refused)
  const within = Records.within(new Map([[1, description]])) ?? assert.fail("too many columns")
  const outbox = yield* Layer.build(
    Layer.provide(Outbox.layer([1], [], within), Layer.succeed(SqlClient, fresh.admin))
  ).pipe(Effect.map((context) => Context.get(context, Outbox)))
  const { clock, moved } = yield* movable
  let sessions = 70
  /** A worker that listens: it holds its lock until its `connection` ends. */
  const worker = Effect.fnUntraced(function* (sql: SqlClient = fresh.admin, own: Database = { ...database }) {
    const number = String(++sessions)
    const connection = yield* session(fresh)
    yield* connection.query(`select pg_advisory_lock(${number})`)
    const ahead = yield* Ahead.make({ database: own, session: number, tables: [1], within }).pipe(
      Effect.provideService(SqlClient, sql)
    )
    const timed = Effect.provideService(Clock.Clock, clock)
    const take = (free: number) => timed(ahead.take(free))
    return {
      ...ahead,
      leave: timed(ahead.leave),
      take,
      leaves: connection.query(`select pg_advisory_unlock(${number})`)
    }
  })
  const { heard } = yield* listener(as.owner, fresh)
  const insert = (name: string) => stage.form.query(`insert into inquiries (name) values ('${name}')`)
  /** A row takes what this worker leaves, which hears of it. */
  const takes = Effect.fnUntraced(function* ({ hear, leave }: Pick<Ahead.Ahead, "hear" | "leave">) {
    yield* leave
    yield* insert("a")
    return (yield* heard).map(hear)
  })
  return {
    ...stage,
    ...{ heard, insert, moved, outbox, takes, worker },
    ahead: yield* worker(),
    noted: fresh.admin<Noted>`
      select key, begun_at is not null as begun, claim is not null as held, outcome from inquiries_mailer.outbox
      order by created_at, ctid`
  }
})

/** What is noted of a row that has taken a claim, and of one that has not. */
export const taken = (key: string): Noted => ({ key, begun: true, held: true, outcome: null })
export const waiting = (key: string): Noted => ({ key, begun: false, held: false, outcome: null })

/** The same client, but for how it runs a statement. */
export const through = (
  client: PgClient.PgClient,
  run: (sql: PgClient.PgClient, text: string, params: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>
): SqlClient =>
  new Proxy<SqlClient>(client, {
    get: (_, name) =>
      name === "unsafe"
        ? (text: string, params: ReadonlyArray<unknown>) => run(client, text, params)
        : Reflect.get(client, name)
  })
