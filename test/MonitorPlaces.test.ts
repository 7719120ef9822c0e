// How much a monitor claims at a time where the mailer says how many mails may be begun.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { Notifications } from "../src/Connection.ts"
import { Mailer, type Places, type Standing } from "../src/Mailer.ts"
import { watch } from "../src/Monitor.ts"
import { Outbox } from "../src/Outbox.ts"
import { indifferent, notice, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const description = { schema: "public", name: "inquiries", key: "id", keyType: "integer", columns: [] } as const

/** A monitor with a backlog, each of whose mails waits for its answer. */
const working = Effect.fnUntraced(function* (
  places: () => Places,
  settle: () => Effect.Effect<void> = () => Effect.void,
  tables = 1
) {
  const claims: Array<readonly [limit: number, begins: number | undefined]> = []
  const sends: Array<Deferred.Deferred<void>> = []
  let serial = 0
  const services = Layer.mergeAll(
    Layer.mock(Notifications, { next: Effect.never, alive: Effect.never, deaf: undefined }),
    Layer.mock(Mailer, {
      standing: Effect.succeed<Standing>({ _tag: "Open" }),
      places: Effect.sync(places),
      send: () => {
        const answer = Deferred.makeUnsafe<void>()
        sends.push(answer)
        return Effect.as(Effect.interruptible(Deferred.await(answer)), { requestId: undefined })
      }
    }),
    Layer.mock(Outbox, {
      claim: (limit, begins) =>
        Effect.sync(() => {
          claims.push([limit, begins])
          const notices = Array.from({ length: limit }, () => {
            const key = String(++serial)
            return notice(key, { begun: { asked: 0, taken: false }, row: { table: "inquiries", key, fields: [] } })
          })
          return { notices, superseded: [], untilDue: undefined }
        }),
      begin: () => Effect.void,
      settle,
      release: () => Effect.void
    }),
    Layer.succeed(SqlClient, {} as SqlClient),
    quiet().layer
  )
  const all = new Map(Array.from({ length: tables }, (_, index) => [index + 1, { ...watched, description }]))
  yield* watch(all, watched.database.pollEvery, indifferent).pipe(Effect.provide(services), Effect.forkChild)
  yield* TestClock.adjust(0)
  /** So many answers come, and what is due meanwhile is noticed at the next poll. */
  const answer = Effect.fnUntraced(function* (count: number) {
    for (const answer of sends.splice(0, count)) yield* Deferred.succeed(answer, undefined)
    yield* TestClock.adjust(0)
  })
  const poll = TestClock.adjust(watched.database.pollEvery)
  return { answer, claims, poll }
})

describe("a monitor of a mailer that sends", () => {
  it.effect("claims no more than may be begun, and more when half of it is done", () =>
    Effect.gen(function* () {
      const { answer, claims, poll } = yield* working(() => ({ all: 6, free: 6 }))
      assert.deepStrictEqual(claims, [[4, 4]])
      yield* answer(1)
      yield* poll
      assert.lengthOf(claims, 1)
      yield* answer(1)
      assert.deepStrictEqual(claims.slice(1), [[2, 2]])
      yield* answer(4)
      yield* poll
      // The first batch has let them grow to 8.
      assert.deepStrictEqual(claims.slice(2, 3), [[6, 6]])
    })
  )

  it.effect("claims more than may be begun where that is less than one of each table", () =>
    Effect.gen(function* () {
      const claimed = Effect.fnUntraced(function* (free: number, tables: number) {
        const { claims } = yield* working(() => ({ all: 6, free }), undefined, tables)
        return claims[0]
      })
      assert.deepStrictEqual(yield* claimed(1, 1), [1, 1])
      assert.deepStrictEqual(yield* claimed(3, 3), [3, 3])
      assert.deepStrictEqual(yield* claimed(2, 3), [4, 2])
    })
  )

  it.effect("claims while outcomes are being written, up to as many again, and then no more", () =>
    Effect.gen(function* () {
      let write: Effect.Effect<void> = Effect.void
      const { answer, claims, poll } = yield* working(
        () => ({ all: 4, free: 4 }),
        () => write
      )
      yield* answer(4)
      yield* poll
      // The first batch has let them grow to 8.
      assert.deepStrictEqual(claims, [
        [4, 4],
        [4, 4]
      ])
      const written = yield* Deferred.make<void>()
      write = Deferred.await(written)
      for (let n = 0; n < 4; n++) {
        yield* answer(2)
        yield* poll
      }
      assert.deepStrictEqual(claims.slice(2), [
        [2, 2],
        [2, 2]
      ])
      yield* Deferred.succeed(written, undefined)
      yield* poll
      assert.deepStrictEqual(claims.slice(4), [
        [2, 2],
        [2, 2]
      ])
    })
  )

  it.effect("has its claim begin what there are places for, and claims as much as ever where nothing is known", () =>
    Effect.gen(function* () {
      let places: Places = { all: 6, free: 1 }
      const { answer, claims, poll } = yield* working(() => places)
      assert.deepStrictEqual(claims, [[1, 1]])
      places = { all: 0, free: 0 }
      yield* answer(1)
      yield* poll
      assert.deepStrictEqual(claims.slice(1, 2), [[8, 0]])
    })
  )
})
