// The outbox of a database of its own, without triggers and monitors: the test is the form, the clock and the replicas.
// Its watched tables have the numbers 1 and 2.
import { assert } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Description } from "../../src/Catalog.ts"
import type { Notice } from "../../src/Notice.ts"
import { Outbox } from "../../src/Outbox.ts"
import * as Records from "../../src/Records.ts"
import { freshDatabase } from "./freshDatabase.ts"
import * as line from "./line.ts"

export interface Stored {
  readonly key: string
  readonly claimed: boolean
  readonly begun: boolean
  readonly maybe: boolean
  readonly looks: number
  readonly crashes: number
  readonly attempts: number
  readonly outcome: string | null
  readonly detail: string | null
  /** Seconds from now, rounded. */
  readonly due: number
}

/** On the server that the tests share, or on another. */
export const stage = Effect.fn("outboxStage")(function* (server?: Parameters<typeof freshDatabase>[0]) {
  const fresh = yield* freshDatabase(server)
  const { admin } = fresh
  yield* line.migrated(line.databaseAt(fresh, "http://127.0.0.1:1", { tables: [] }))
  /** The outbox as a replica sees it that runs its statements on `sql`. */
  const seenBy = (sql: SqlClient, within?: Records.Within, tables: ReadonlyArray<number> = [1, 2]) =>
    Effect.map(Layer.build(Layer.provide(Outbox.layer(tables, [], within), Layer.succeed(SqlClient, sql))), (context) =>
      Context.get(context, Outbox)
    )
  return {
    fresh,
    admin,
    seenBy,
    outbox: yield* seenBy(admin),
    /** What the trigger does. */
    add: (table: number, ...added: ReadonlyArray<string>) =>
      Effect.forEach(
        added,
        (key) => admin`insert into inquiries_mailer.outbox (table_number, key) values (${table}, ${key})`,
        { discard: true }
      ),
    /** Lets every due time and lease pass. */
    passTime: admin`update inquiries_mailer.outbox set due_at = clock_timestamp() - interval '1 ms'
      where outcome is null`,
    stored: admin<Stored>`
      select key, claim is not null as claimed, begun_at is not null as begun, maybe_sent as maybe, looks, crashes, attempts, outcome,
        detail, round(extract(epoch from due_at - clock_timestamp()))::integer as due
      from inquiries_mailer.outbox order by created_at, id`
  }
})

/** A table of the customer's as the catalog tells of it. */
export const described = (name: string, keyType: Description["keyType"]): Description => ({
  ...{ schema: "public", name, key: "id", keyType },
  columns: [
    { name: "id", kind: "number" },
    { name: "name", kind: "text" }
  ]
})

/** Such a table under the number 1, with as many rows as it says; a claim of it may bring them. */
export const inquiries = Effect.fnUntraced(function* (admin: SqlClient, rows = 0) {
  yield* admin`create table public.inquiries (id integer primary key, name text)`
  yield* admin`insert into public.inquiries select n, 'Person ' || n from generate_series(1, ${rows}::integer) n`
  return Records.within(new Map([[1, described("inquiries", "integer")]]))
})

/** What four replicas that claim at once get until each of them gets nothing, and then one more, who finds what was locked. */
export const claimedBySeveral = Effect.fnUntraced(function* <R>(
  replica: Effect.Effect<Outbox["Service"], never, R>,
  limit: number,
  places?: number
) {
  const claimAll = Effect.fnUntraced(function* ({ claim }: Outbox["Service"]) {
    const own: Array<string> = []
    while (true) {
      const { notices } = yield* claim(limit, places)
      // What is left may be locked by somebody else for the moment.
      if (notices.length === 0) return own
      own.push(...keys(notices))
    }
  })
  const replicas = yield* Effect.all([replica, replica, replica, replica])
  const claimed = (yield* Effect.forEach(replicas, claimAll, { concurrency: 4 })).flat()
  claimed.push(...(yield* claimAll(replicas[0])))
  return claimed.map(Number).toSorted((a, b) => a - b)
})

/** The one notice that a claim gives. */
export const claimOne = Effect.fnUntraced(function* (outbox: Outbox["Service"]) {
  const { notices } = yield* outbox.claim(1)
  return notices[0] ?? assert.fail("nothing was claimed")
})

export const keys = (notices: ReadonlyArray<Pick<Notice, "key">>) => notices.map(({ key }) => key)

export const seconds = (duration: Duration.Duration | undefined) =>
  duration === undefined ? undefined : Math.round(Duration.toSeconds(duration))

type Noted = readonly [statement: string, params: ReadonlyArray<unknown>]

/** The same client; every statement that is written with it is noted. */
export const noting = (sql: SqlClient, statements: Array<Noted>): SqlClient =>
  new Proxy(sql, {
    apply: (target, self, args) => {
      const statement = Reflect.apply(target, self, args)
      // Fragments of statements are written as calls, too.
      if ("compile" in statement) statements.push(statement.compile())
      return statement
    },
    get: (target, name) =>
      name === "unsafe"
        ? (text: string, params: ReadonlyArray<unknown> = []) => {
            statements.push([text, params])
            return target.unsafe(text, params)
          }
        : Reflect.get(target, name)
  })
