import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Queue } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { Notifications } from "../src/Connection.ts"
import { Mailer, type Standing } from "../src/Mailer.ts"
import { run } from "../src/Monitor.ts"
import { Outage } from "../src/State.ts"
import { indifferent, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

describe("a monitor that loses its LISTEN connection", () => {
  it.effect("says so at once, though a statement is still under way, and fails with that outage when it is over", () =>
    Effect.gen(function* () {
      const outage = new Outage({ state: "waiting", reason: "the server does not answer" })
      const said = yield* Queue.unbounded<string>()
      const self = {
        ...indifferent,
        healthy: Effect.asVoid(Queue.offer(said, "healthy")),
        ailing: ({ reason }: Outage) => Effect.asVoid(Queue.offer(said, reason))
      }
      const lost = yield* Deferred.make<never, Outage>()
      const answered = yield* Deferred.make<void>()
      const claiming = Effect.as(Effect.uninterruptible(Deferred.await(answered)), [])
      // The first statements ask which database this is and how often to poll, the others are the outbox's.
      const first = ["inquiries_mailer.identity", "pg_control_system", "pg_database", "max_prepared_transactions"]
      const answer = (texts: ReadonlyArray<string>) =>
        first.some((name) => texts.join("").includes(name))
          ? Effect.succeed([
              {
                off: true,
                version: 2,
                oldestWorker: 1,
                oid: "1",
                system: "1",
                oidHere: "1",
                systemHere: "1",
                branch: null,
                branchHere: null
              }
            ])
          : claiming
      const sql = Object.assign(answer, { literal: (text: string) => text, unsafe: (text: string) => answer([text]) })
      const fiber = yield* run({ ...watched.database, tables: [] }, self).pipe(
        Effect.provide([
          Layer.mock(Notifications, {
            next: Effect.never,
            alive: Deferred.await(lost),
            deaf: undefined
          }),
          Layer.mock(Mailer, {
            standing: Effect.succeed<Standing>({ _tag: "Open" }),
            places: Effect.succeed({ all: 0, free: 0 })
          }),
          Layer.succeed(SqlClient, sql as unknown as SqlClient),
          quiet().layer
        ]),
        Effect.forkChild
      )
      assert.strictEqual(yield* Queue.take(said), "healthy")
      yield* Deferred.fail(lost, outage)
      assert.strictEqual(yield* Queue.take(said), outage.reason)
      assert.isUndefined(fiber.pollUnsafe())
      yield* Deferred.succeed(answered, undefined)
      assert.strictEqual(yield* Effect.flip(Fiber.join(fiber)), outage)
    })
  )
})
