import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { deliverAll, type Tables } from "../src/Batch.ts"
import { Outage } from "../src/State.ts"
import { fakes, indifferent, notice, type Script, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const tables: Tables = new Map([
  [
    1,
    {
      ...watched,
      description: {
        schema: "public",
        name: "inquiries",
        key: "id",
        keyType: "integer",
        columns: [{ name: "id", kind: "number" }]
      }
    }
  ]
])

/** A database that has a row for every key but those. */
const rowsExcept = (...missing: ReadonlyArray<string>) =>
  Layer.succeed(SqlClient, {
    unsafe: (_: string, [keys]: ReadonlyArray<ReadonlyArray<string>>) =>
      Effect.succeed(
        (keys ?? []).filter((key) => !missing.includes(key)).map((key) => ({ key, values: [key], sizes: [1] }))
      )
  } as unknown as SqlClient)

/** Delivers these notices in the background. */
const delivering = Effect.fnUntraced(function* (
  script: Script & { readonly crashes?: (key: string) => number },
  ...keys: ReadonlyArray<string>
) {
  const { events, layer, mails } = fakes(script)
  const { layer: logger, lines } = quiet()
  const older = { id: notice("9").id, table: 1, key: "9" }
  const claimed = {
    notices: keys.map((key) => notice(key, { crashes: script.crashes?.(key) ?? 0 })),
    superseded: keys.length === 0 ? [older] : [],
    untilDue: undefined
  }
  const done: Array<boolean> = []
  const fiber = yield* deliverAll(claimed, tables, indifferent, {
    answered: () => {},
    done: (settled) => void done.push(settled)
  }).pipe(Effect.provide([layer, rowsExcept("404"), logger]), Effect.forkChild)
  yield* TestClock.adjust(0)
  return { done, events, fiber, lines, mails, renewals: () => events.filter((event) => event === "renew").length }
})

describe("a batch", () => {
  it.effect("begins a few in each turn of the loop, so that answers are heard in between", () =>
    Effect.gen(function* () {
      const { events, layer } = fakes()
      const row = { table: "inquiries", key: "1", fields: [] }
      const notices = Array.from({ length: 10 }, (_, n) =>
        notice(String(n), { begun: { asked: 0, taken: false }, row })
      )
      const turn = () => void (events.push("turn") < 100 && setImmediate(turn))
      setImmediate(turn)
      yield* deliverAll({ notices, superseded: [], untilDue: undefined }, tables, indifferent, {
        answered: () => {},
        done: () => {}
      }).pipe(Effect.provide([layer, rowsExcept(), quiet().layer]))
      const between = events.filter((event) => event === "turn" || event === "request").join(" ")
      assert.match(between, /^(turn )*(request ){4}(turn )+(request ){4}(turn )+(request ?){2}/)
    })
  )

  it.effect("asks for no row that its claim has brought, and for no begun mark that it has made", () =>
    Effect.gen(function* () {
      const { events, layer, mails } = fakes()
      const row = { table: "inquiries", key: "1", fields: [] }
      const notices = [notice("1", { begun: { asked: 0, taken: false }, row })]
      const asked = Layer.succeed(SqlClient, {
        unsafe: () => Effect.die("a row was asked for")
      } as unknown as SqlClient)
      yield* deliverAll({ notices, superseded: [], untilDue: undefined }, tables, indifferent, {
        answered: () => {},
        done: () => {}
      }).pipe(Effect.provide([layer, asked, quiet().layer]))
      assert.lengthOf(mails, 1)
      assert.notInclude(events, "renew")
    })
  )

  it.effect("delivers every notice, and settles one whose row is gone without a request", () =>
    Effect.gen(function* () {
      const { events, fiber, mails } = yield* delivering({}, "1", "404", "2")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(events.toSorted(), [
        ...["begin", "begin", "begin", "gone", "request", "request", "sent", "sent"]
      ])
      assert.strictEqual(mails.length, 2)
    })
  )

  it.effect("says of what was superseded that a newer row is mailed in its place", () =>
    Effect.gen(function* () {
      const { fiber, lines } = yield* delivering({})
      yield* Fiber.join(fiber)
      assert.match(lines[0]!.message, /^superseded/)
      assert.deepInclude(lines[0]!.annotations, { key: "9", table: "public.inquiries" })
    })
  )

  it.effect(
    "delivers what may have ended a worker after everything else, one at a time, the likeliest culprit last",
    () =>
      Effect.gen(function* () {
        const answered = yield* Deferred.make<void>()
        const crashes = new Map([
          ["3", 4],
          ["1", 1]
        ])
        const { fiber, mails } = yield* delivering(
          { underWay: Deferred.await(answered), crashes: (key) => crashes.get(key) ?? 0 },
          ...["3", "1", "2", "4"]
        )
        const begun = () => mails.map(({ correlationId }) => correlationId.slice(-1))
        assert.sameMembers(begun(), ["2", "4"])
        yield* Deferred.succeed(answered, undefined)
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(begun().slice(2), ["1", "3"])
      })
  )

  it.effect("begins no second suspect before the first has its outcome", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const { fiber, mails } = yield* delivering(
        { underWay: Deferred.await(answered), crashes: () => 1 },
        ...["1", "2"]
      )
      assert.lengthOf(mails, 1)
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(fiber)
      assert.lengthOf(mails, 2)
    })
  )

  it.effect("renews its claim every ten seconds for as long as it is at work, and not longer", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const { fiber, renewals } = yield* delivering({ underWay: Deferred.await(answered) }, "1")
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual(renewals(), 0)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(renewals(), 1)
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual(renewals(), 5)
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(fiber)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(renewals(), 5)
    })
  )

  it.effect("that is interrupted lets what has begun settle, and only then gives the rest back", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const script = { places: 2, underWay: Deferred.await(answered) }
      const { events, fiber } = yield* delivering(script, "1", "2", "3", "4")
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("5 seconds")
      assert.notInclude(events, "release")
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(events.slice(4), ["sent", "sent", "release"])
      assert.strictEqual(events.filter((event) => event === "begin").length, 2)
    })
  )

  it.effect("whose renewal fails ends with that outage, once what has begun is settled", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const outage = new Outage({ state: "waiting", reason: "gone" })
      const script = { places: 1, underWay: Deferred.await(answered), renewal: Effect.fail(outage) }
      const { events, fiber } = yield* delivering(script, "1", "2")
      yield* TestClock.adjust("15 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* Deferred.succeed(answered, undefined)
      assert.strictEqual(yield* Effect.flip(Fiber.join(fiber)), outage)
      assert.deepStrictEqual(events, ["begin", "request", "renew", "sent", "release"])
    })
  )
})
