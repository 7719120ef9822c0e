// A customer's database may have defaults that would break us, and neighbours who may create functions in it.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

/** What the database has by default, and what a session of ours has all the same. */
const defaults = {
  default_transaction_isolation: ["serializable", "read committed"],
  lock_timeout: ["1ms", "4s"],
  statement_timeout: ["1min", "5s"],
  idle_in_transaction_session_timeout: ["1ms", "20s"],
  idle_session_timeout: ["1ms", "1min"],
  tcp_user_timeout: ["0", "20000"],
  synchronous_commit: ["off", "on"],
  row_security: ["on", "off"],
  standard_conforming_strings: ["off", "on"],
  search_path: ["public", "pg_catalog, pg_temp"],
  datestyle: ["SQL, DMY", "ISO, YMD"],
  timezone: ["Asia/Tokyo", "UTC"]
} as const

describe("a database whose defaults would break us", () => {
  it.live("is mailed from, with settings of our own in every session", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      for (const [name, [theirs]] of Object.entries(defaults)) {
        yield* admin.unsafe(`alter database ${database.address.database} set ${name} = ${list(theirs)}`)
      }
      const ours = yield* Effect.gen(function* () {
        const sql = yield* SqlClient
        return yield* Effect.forEach(Object.keys(defaults), (name) =>
          Effect.map(
            sql<{ readonly value: string }>`select current_setting(${name}) as value`,
            ([row]) => [name, row?.value] as const
          )
        )
      }).pipe(Effect.provide(Connection.once(database.address)))
      assert.deepStrictEqual(
        ours,
        Object.entries(defaults).map(([name, [, ours]]) => [name, ours] as const)
      )
      yield* line.inState(yield* line.start(database), "listening")
      yield* line.insertInquiries(admin, 3)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2, 3])
    }).pipe(silently, Effect.timeout("20 seconds"))
  )
})

/** A setting's value as SQL; lists are not one string. */
const list = (value: string): string =>
  value === "public"
    ? value
    : value
        .split(", ")
        .map((one) => `'${one}'`)
        .join(", ")

describe("a database in which anybody may create functions", () => {
  it.live("is mailed from by those of PostgreSQL, though others fit our statements better", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* admin`create function public.hashtextextended(text, integer) returns bigint language plpgsql
        as $$ begin raise exception 'a neighbour ran'; end $$`
      yield* admin`create function public.times(double precision, integer) returns double precision language plpgsql
        as $$ begin raise exception 'a neighbour ran'; end $$`
      yield* admin`create operator public.* (leftarg = double precision, rightarg = integer, function = public.times)`
      yield* line.inState(yield* line.start(database), "listening")
      yield* line.insertInquiries(admin, 3)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2, 3])
    }).pipe(silently, Effect.timeout("20 seconds"))
  )
})
