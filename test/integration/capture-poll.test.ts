// A trigger notifies where somebody listens, and spares everybody's commits that where all poll.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { DatabaseName } from "../../src/Database.ts"
import { check, hop, runCommands, sound } from "../support/check.ts"
import { captured, customer, listener, migrateOne } from "../support/customer.ts"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"
import { environment } from "../support/worker.ts"

const insert = "insert into inquiries (name) values ('a')"
const told = (key: number) => `{"table":"public.inquiries","id":${key}}`

describe("a trigger for wake=poll", () => {
  it.live("captures and notifies nobody, and follows the setting at the next migrate, both ways", () =>
    Effect.gen(function* () {
      const { as, database, form, fresh } = yield* customer(undefined, { wake: "poll" })
      const polling = { unchanged: ["public.inquiries"], installed: [] }
      const changed = { unchanged: [], installed: ["public.inquiries"] }
      yield* migrateOne(database)
      const { heard } = yield* listener(as.owner, fresh)
      yield* form.query(insert)
      assert.deepStrictEqual(yield* heard, [])
      assert.containsSubset(yield* migrateOne(database), polling)
      assert.containsSubset(yield* migrateOne({ ...database, wake: "listen" }), changed)
      yield* form.query(insert)
      assert.deepStrictEqual(yield* heard, [told(2)])
      assert.containsSubset(yield* migrateOne(database), changed)
      yield* form.query(insert)
      assert.deepStrictEqual(yield* heard, [])
      assert.deepStrictEqual(yield* captured(fresh), ["1:1", "1:2", "1:3"])
    })
  )

  it.live("leaves alone the one of another name, which listens", () =>
    Effect.gen(function* () {
      const { as, database, form, fresh } = yield* customer()
      const other = { ...database, name: DatabaseName.make("other"), wake: "poll" as const }
      yield* migrateOne(database, other.name)
      yield* migrateOne(other, database.name)
      const { heard } = yield* listener(as.owner, fresh)
      yield* form.query(insert)
      assert.deepStrictEqual(yield* heard, [told(1)])
      assert.lengthOf(yield* captured(fresh), 2)
    })
  )

  it.live(
    "is said by a worker that listens, whose poll mails the rows all the same, and that migrate has mended it",
    () =>
      Effect.gen(function* () {
        const { layer, lines } = quiet()
        const { admin, database } = yield* line.stage({ wake: "poll" })
        const listening = { ...database, wake: "listen", pollEvery: Duration.seconds(1) } as const
        yield* Effect.gen(function* () {
          yield* line.inState(yield* line.start(listening), "listening")
          yield* line.insertInquiry(admin, 1)
          while ((yield* line.outcomes(admin)).length === 0) yield* Effect.sleep(20)
          yield* line.allSettled(admin)
          yield* line.migrated(listening)
          while (!lines.some(({ message }) => /notifies again/.test(message))) yield* Effect.sleep(20)
        }).pipe(Effect.scoped, Effect.provide(layer))
        assert.lengthOf(
          lines.filter(({ message }) => /notifies nobody.*wait for the next poll.*migrate/.test(message)),
          1
        )
      })
  )

  it.live(
    "is warned of by check where the setting is listen, which prints the repair; the other way round costs a word",
    () =>
      Effect.gen(function* () {
        const { database, standIn } = yield* line.stage({ wake: "poll" })
        const env = environment(database, standIn.origin)
        const { code, output } = yield* check({ ...env, WAKE: "listen" })
        assert.strictEqual(code, 2, output)
        assert.match(hop(output, "trigger public.inquiries"), /^ {2}! .*notifies nobody.*next poll/)
        yield* runCommands({ ...env, WAKE: "listen" }, output, "trigger public.inquiries")
        yield* sound({ ...env, WAKE: "listen" })
        const loud = yield* sound({ ...env, WAKE: "poll" })
        assert.match(hop(loud, "trigger public.inquiries"), /it notifies though nobody listens/)
      }).pipe(silently)
  )
})
