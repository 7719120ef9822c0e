// A LISTEN connection on which each statement waits for its end, and a pool whose connections nobody accepts.
import { Context, Deferred, Effect, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { SqlError, StatementTimeoutError } from "effect/sql/SqlError"
import type { Address } from "../../src/Database.ts"
import * as Lent from "../../src/Lent.ts"
import { config } from "../../src/Opening.ts"
import { Repeated } from "../../src/Repeated.ts"
import { codeOf } from "../../src/SqlOutage.ts"
import { watched } from "./fakes.ts"

export const address: Address = { ...watched.database.address, user: "nobody", database: "nothing" }
export const canceled = new SqlError({ reason: new StatementTimeoutError({ cause: { code: "57014" } }) })

/** A line on which each statement waits for its end. Statements are asked for by `ask`, which tells what became of it. */
export const lending = Effect.gen(function* () {
  const statements: Array<string> = []
  const ends = new Map<string, Deferred.Deferred<void, SqlError>>()
  let open = true
  const answer = (text: string) =>
    Effect.gen(function* () {
      const end = yield* Deferred.make<void, SqlError>()
      ends.set(text, end)
      statements.push(text)
      yield* Deferred.await(end)
    })
  const none = { command: "SELECT", rowCount: 0, oid: null, rows: [], fields: [] }
  const own: Lent.Own = {
    pinned: {
      query: (text) => Effect.as(answer(text), none),
      queryValues: (text) => Effect.as(answer(text), []),
      stream: () => Stream.empty
    },
    isOpen: () => open,
    answered: Effect.void
  }
  const way = yield* Layer.build(Lent.layer(address, own, { ...config(address, true), maxConnections: 4 }))
  const sql = Context.get(way, SqlClient)
  const ask = (text: string) =>
    Effect.forkChild(
      Effect.match(sql.unsafe(text), {
        onSuccess: () => "by the line",
        onFailure: (error) => (codeOf(error) === "ECONNREFUSED" ? "by the pool" : "failed")
      }),
      { startImmediately: true }
    )
  const end = (text: string, error?: SqlError) =>
    Effect.suspend(() => {
      const waiting = ends.get(text)
      if (waiting === undefined) return Effect.die(`${text} did not come`)
      return error === undefined ? Deferred.succeed(waiting, undefined) : Deferred.fail(waiting, error)
    })
  const repeated = Context.get(way, Repeated)
  const repeat = (text: string) => repeated(text, [])
  return { ask, end, repeat, statements, close: () => (open = false) }
})
