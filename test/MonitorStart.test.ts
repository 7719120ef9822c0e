// What a monitor asks its database before it claims anything.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { Notifications } from "../src/Connection.ts"
import { Mailer, type Standing } from "../src/Mailer.ts"
import { run } from "../src/Monitor.ts"
import { indifferent, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

/** A monitor that starts where the outbox says that it was made in database `made`, and the server that this is `here`. */
const starting = Effect.fnUntraced(function* (made: string, here: string) {
  const said: Array<string> = []
  const answer = (texts: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      const text = texts.join("")
      if (/inquiries_mailer\.outbox/.test(text)) {
        said.push("outbox")
        return Effect.succeed([])
      }
      return Effect.succeed([
        {
          ...{ version: 1000, oldestWorker: 1, oid: made, system: "1", branch: null },
          ...{ oidHere: here, systemHere: "1", branchHere: null, off: true }
        }
      ])
    })
  const sql = Object.assign(answer, { literal: (text: string) => text, unsafe: (text: string) => answer([text]) })
  const self = { ...indifferent, healthy: Effect.sync(() => void said.push("healthy")) }
  const fiber = yield* run({ ...watched.database, tables: [] }, self).pipe(
    Effect.provide([
      Layer.mock(Notifications, { next: Effect.never, alive: Effect.never, deaf: undefined }),
      Layer.mock(Mailer, {
        standing: Effect.succeed<Standing>({ _tag: "Open" }),
        places: Effect.succeed({ all: 0, free: 0 })
      }),
      Layer.succeed(SqlClient, sql as unknown as SqlClient),
      quiet().layer
    ]),
    Effect.exit,
    Effect.forkChild
  )
  yield* TestClock.adjust(0)
  return { said, ended: fiber.pollUnsafe() !== undefined }
})

describe("a monitor that starts", () => {
  it.effect("mails nothing from a copy of another database", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* starting("1", "2"), { said: [], ended: true })
      const { ended, said } = yield* starting("1", "1")
      assert.isFalse(ended)
      assert.deepStrictEqual(said.slice(0, 2), ["healthy", "outbox"])
    })
  )
})
