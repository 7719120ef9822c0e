// Rows that nobody was notified of: what one look after another finds.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Catalog from "../../src/Catalog.ts"
import * as CatchUp from "../../src/CatchUp.ts"
import * as Connection from "../../src/Connection.ts"
import { DatabaseName } from "../../src/Database.ts"
import * as Ledger from "../../src/Ledger.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import { databaseAt } from "../support/line.ts"

const stage = Effect.fnUntraced(function* (columns: string, timeZone = "UTC") {
  const fresh = yield* freshDatabase()
  yield* fresh.admin.unsafe(`create table forms (${columns})`)
  const { address } = databaseAt(fresh, "http://127.0.0.1:1")
  const ledger = Ledger.make(DatabaseName.make("autos"), () => "forms")
  const on = <A, E>(effect: Effect.Effect<A, E, Effect.Services<ReturnType<typeof CatchUp.begin>>>) =>
    Effect.provide(effect, Connection.once(address))
  const description = yield* on(Catalog.describe({ schema: "public", name: "forms" }))
  if (Catalog.isRefusal(description)) return yield* Effect.die(description.refused)
  const table: CatchUp.Sighted = { number: 0, description, createdAt: "created_at", timeZone }
  const found = Effect.gen(function* () {
    yield* on(CatchUp.since(table, ledger, false))
    const { notices } = yield* ledger.outbox.claim(10_000)
    return notices.map(({ key }) => key)
  })
  return { admin: fresh.admin, begin: on(CatchUp.begin(table, ledger)), found, table }
})

describe("catching up", () => {
  it.live("by key finds what came since, in pages, and nothing that was there", () =>
    Effect.gen(function* () {
      const { admin, begin, found } = yield* stage("id bigint primary key")
      yield* admin`insert into forms select generate_series(1, 3000)`
      yield* begin
      assert.deepStrictEqual(yield* found, [])
      yield* admin`insert into forms select generate_series(3001, 8000)`
      assert.lengthOf(yield* found, 5000)
      yield* admin`delete from forms where id = 7999`
      yield* admin`insert into forms values (8001)`
      assert.deepStrictEqual(yield* found, ["8001"])
    })
  )

  it.live("by key finds a row that took its key before and came late, and no other again", () =>
    Effect.gen(function* () {
      const { admin, begin, found } = yield* stage("id bigint primary key")
      yield* admin`insert into forms select generate_series(1, 3000)`
      yield* begin
      yield* admin`insert into forms values (3900)`
      assert.deepStrictEqual(yield* found, ["3900"])
      yield* admin`insert into forms values (3001)`
      assert.deepStrictEqual(yield* found, ["3001"])
    })
  )

  it.live("begins in an empty table with its first key", () =>
    Effect.gen(function* () {
      const { admin, begin, found } = yield* stage("id smallint primary key")
      yield* begin
      yield* admin`insert into forms values (-5), (1), (32767)`
      assert.deepStrictEqual((yield* found).toSorted(), ["-5", "1", "32767"])
    })
  )

  for (const type of [
    "timestamptz default clock_timestamp()",
    "timestamp default (clock_timestamp() at time zone 'America/Toronto')"
  ]) {
    it.live(
      `by time, of type ${type.split(" ")[0]}, finds what came since, also what was written earlier and came late`,
      () =>
        Effect.gen(function* () {
          const { admin, begin, found } = yield* stage(
            `id uuid primary key default gen_random_uuid(), n integer, created_at ${type}`,
            "America/Toronto"
          )
          yield* admin`insert into forms (n) values (1)`
          yield* begin
          assert.deepStrictEqual(yield* found, [])
          yield* admin`insert into forms (n) values (2)`
          yield* admin`insert into forms (n, created_at) select 3, created_at - interval '30 minutes' from forms where n = 1`
          yield* admin`insert into forms (n, created_at) select 4, created_at - interval '3 hours' from forms where n = 1`
          const expected = yield* admin<{ readonly id: string }>`select id from forms where n in (2, 3)`
          assert.deepStrictEqual((yield* found).toSorted(), expected.map(({ id }) => id).toSorted())
          assert.deepStrictEqual(yield* found, [])
        })
    )
  }

  it.live("is not possible where keys do not grow and nothing says when a row was written", () =>
    Effect.gen(function* () {
      const { found, table } = yield* stage("id uuid primary key, created_at text")
      assert.isFalse(CatchUp.possible(table))
      assert.deepStrictEqual(yield* found, [])
    })
  )
})
