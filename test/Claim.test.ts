import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { onceThereIs } from "../src/Claim.ts"
import type { Claimed } from "../src/Notice.ts"

const claimed: Claimed = { notices: [], superseded: [], untilDue: undefined, pausedSince: "since the claim" }

/** A claim before which the outbox answers these, and what was asked. */
const claiming = (answers: Array<ReadonlyArray<{ readonly seen: boolean }>>) => {
  const asked: Array<string> = []
  const sql = () =>
    Effect.sync(() => {
      asked.push("whether there is anything")
      return answers.shift() ?? []
    })
  const claim = onceThereIs(sql as unknown as SqlClient, [1], (limit) =>
    Effect.sync(() => {
      asked.push(`claim ${limit}`)
      return claimed
    })
  )
  return { asked, claim }
}

describe("a claim", () => {
  it.effect("asks only whether there is anything, until there once was", () =>
    Effect.gen(function* () {
      const { asked, claim } = claiming([[{ seen: false }], [{ seen: true }]])
      assert.deepStrictEqual(yield* claim(4), { ...claimed, pausedSince: undefined })
      assert.deepStrictEqual(yield* claim(8), claimed)
      assert.deepStrictEqual(yield* claim(16), claimed)
      assert.deepStrictEqual(asked, ["whether there is anything", "whether there is anything", "claim 8", "claim 16"])
    })
  )

  it.effect("of nothing has the whole statement planned, and changes nothing for the next", () =>
    Effect.gen(function* () {
      const { asked, claim } = claiming([[{ seen: false }]])
      yield* claim(0)
      yield* claim(4)
      assert.deepStrictEqual(asked, ["claim 0", "whether there is anything"])
    })
  )

  it.effect("is made where nothing was answered", () =>
    Effect.gen(function* () {
      const { asked, claim } = claiming([])
      yield* claim(4)
      assert.deepStrictEqual(asked, ["whether there is anything", "claim 4"])
    })
  )
})
