// When a database that may sleep is swept and pruned.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import type { Tables } from "../src/Batch.ts"
import { atPolls } from "../src/Housekeeping.ts"
import { indifferent, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

/** Neither ordered keys nor a time of writing: a sweep of it asks nothing, so that what is asked is prune's. */
const tables: Tables = new Map([
  [1, { ...watched, description: { schema: "public", name: "t", key: "id", keyType: "uuid" as const, columns: [] } }]
])

describe("housekeeping at polls", () => {
  it.effect("is done at the first, and then no more often than every ten minutes, however often that is", () =>
    Effect.gen(function* () {
      let prunes = 0
      const sql = Object.assign(
        () =>
          Effect.as(
            Effect.sync(() => prunes++),
            [{ deleted: 0 }]
          ),
        {
          literal: (text: string) => text
        }
      )
      const atPoll = yield* atPolls(tables, Duration.days(30), indifferent)
      const poll = atPoll.pipe(Effect.provideService(SqlClient, sql as unknown as SqlClient))
      const seen: Array<readonly [boolean, number]> = []
      for (let minute = 0; minute <= 20; minute += 5) {
        seen.push([yield* poll, prunes])
        yield* TestClock.adjust("5 minutes")
      }
      assert.deepStrictEqual(seen, [
        [true, 1],
        [false, 1],
        [true, 2],
        [false, 2],
        [true, 3]
      ])
    }).pipe(Effect.provide(quiet().layer))
  )
})
