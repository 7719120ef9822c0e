// A monitor that ends while it claims: what the claim brings, and may have begun, is in nobody's hand for no instant.
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { Notifications } from "../src/Connection.ts"
import { Mailer, type Standing } from "../src/Mailer.ts"
import { watch } from "../src/Monitor.ts"
import { Outbox } from "../src/Outbox.ts"
import { indifferent, notice, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const description = { schema: "public", name: "inquiries", key: "id", keyType: "integer", columns: [] } as const

describe("a monitor that ends while it claims", () => {
  it.effect("gives back what the claim brings, once it has come", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const returned: Array<string> = []
      const asked: Array<number | undefined> = []
      const claimed = notice("7", {
        begun: { asked: 0, taken: false },
        row: { table: "inquiries", key: "7", fields: [] }
      })
      const services = Layer.mergeAll(
        Layer.mock(Notifications, { next: Effect.never, alive: Effect.never, deaf: undefined }),
        Layer.mock(Mailer, {
          standing: Effect.succeed<Standing>({ _tag: "Open" }),
          places: Effect.succeed({ all: 4, free: 4 }),
          // It waits for its turn, and may be interrupted meanwhile.
          send: () => Effect.interruptible(Effect.never)
        }),
        Layer.mock(Outbox, {
          claim: (_, places) => {
            asked.push(places)
            return Effect.as(Deferred.await(answered), { notices: [claimed], superseded: [], untilDue: undefined })
          },
          begin: () => Effect.void,
          release: (notices) => Effect.sync(() => void returned.push(...notices.map(({ key }) => key)))
        }),
        Layer.succeed(SqlClient, {} as SqlClient),
        quiet().layer
      )
      const tables = new Map([[1, { ...watched, description }]])
      const monitor = yield* watch(tables, watched.database.pollEvery, indifferent).pipe(
        Effect.provide(services),
        Effect.forkChild
      )
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(asked, [4])
      const ending = yield* Effect.forkChild(Fiber.interrupt(monitor))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(returned, [])
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(ending)
      assert.deepStrictEqual(returned, ["7"])
    })
  )
})
