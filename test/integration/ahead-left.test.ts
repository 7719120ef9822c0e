// How a worker leaves a claim ahead, and takes it back.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { leaving, taken, waiting } from "../support/ahead.ts"
import { session } from "../support/customer.ts"
import { keys } from "../support/outbox.ts"
import { quiet } from "../support/quiet.ts"

const notice = "select notice::text from inquiries_mailer.ahead"

describe("a claim ahead", () => {
  it.live("is left once, and anew when it is two minutes old", () =>
    Effect.gen(function* () {
      const { ahead, fresh, insert, moved, noted } = yield* leaving()
      yield* ahead.leave
      const first = yield* fresh.admin.unsafe(notice)
      yield* ahead.leave
      assert.deepStrictEqual(yield* fresh.admin.unsafe(notice), first)
      moved.nanos += 120_000_000_000n
      yield* ahead.leave
      assert.notDeepEqual(yield* fresh.admin.unsafe(notice), first)
      yield* insert("a")
      assert.deepStrictEqual(yield* noted, [taken("1")])
    })
  )

  it.live("is not left anew while a transaction that has taken it is not over", () =>
    Effect.gen(function* () {
      const { ahead, as, heard, moved } = yield* leaving()
      yield* ahead.leave
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("insert into inquiries (name) values ('a')")
      moved.nanos += 120_000_000_000n
      yield* ahead.leave
      yield* other.query("commit")
      ;(yield* heard).map(ahead.hear)
      assert.deepStrictEqual(keys((yield* ahead.take(1)).notices), ["1"])
    })
  )

  it.live("is one worker's, until its session ends, its time is over, or a row has taken it", () =>
    Effect.gen(function* () {
      const { ahead, fresh, insert, worker } = yield* leaving()
      const left = fresh.admin.unsafe<{ readonly notice: string }>(notice).pipe(Effect.map(([row]) => row!.notice))
      const [second, third] = [yield* worker(), yield* worker()]
      yield* ahead.leave
      const first = yield* left
      yield* second.leave
      assert.strictEqual(yield* left, first)
      yield* ahead.leaves
      yield* second.leave
      const next = yield* left
      assert.notStrictEqual(next, first)
      yield* insert("a")
      yield* third.leave
      const last = yield* left
      assert.notStrictEqual(last, next)
      yield* fresh.admin`update inquiries_mailer.ahead set good_until = clock_timestamp()`
      yield* (yield* worker()).leave
      assert.notStrictEqual(yield* left, last)
    })
  )

  it.live("can be withdrawn: no row takes it then, and what has is given back", () =>
    Effect.gen(function* () {
      const { ahead, insert, noted } = yield* leaving()
      yield* ahead.leave
      assert.isTrue(yield* ahead.withdraw)
      yield* insert("a")
      yield* ahead.leave
      yield* insert("b")
      assert.deepStrictEqual(yield* noted, [waiting("1"), taken("2")])
      assert.isTrue(yield* ahead.withdraw)
      assert.deepStrictEqual(yield* noted, [waiting("1"), waiting("2")])
    })
  )

  it.live("is told of when what has taken it is given back: nobody else knows that it can be claimed", () =>
    Effect.gen(function* () {
      const { ahead, heard, insert } = yield* leaving()
      yield* ahead.leave
      yield* ahead.withdraw
      assert.deepStrictEqual(yield* heard, [])
      yield* ahead.leave
      yield* insert("a")
      yield* ahead.withdraw
      assert.deepStrictEqual((yield* heard).slice(1), ["{}"])
    })
  )

  it.live("is withdrawn by the child that comes after one that could not", () =>
    Effect.gen(function* () {
      const { database, fresh, insert, noted, worker } = yield* leaving()
      const first = yield* worker(fresh.admin, database)
      yield* first.leave
      yield* insert("a")
      assert.deepStrictEqual(yield* noted, [taken("1")])
      yield* worker(fresh.admin, database)
      assert.deepStrictEqual(yield* noted, [waiting("1")])
    })
  )

  it.live("is withdrawn at the end, when the transaction that has taken it is over", () =>
    Effect.gen(function* () {
      const { as, noted, worker } = yield* leaving()
      const scope = yield* Scope.make()
      const ahead = yield* Scope.provide(worker(), scope)
      yield* ahead.leave
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("insert into inquiries (name) values ('a')")
      assert.isFalse(yield* ahead.withdraw)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* other.query("commit")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* noted, [waiting("1")])
    })
  )
})

describe("where the server refuses that a claim is left", () => {
  it.live("nothing fails, and the log says once what to do", () =>
    Effect.gen(function* () {
      const { ahead, insert, noted, owner } = yield* leaving()
      yield* owner.query("alter table inquiries_mailer.ahead rename to gone")
      const { layer, lines } = quiet()
      yield* Effect.andThen(ahead.leave, ahead.leave).pipe(Effect.provide(layer))
      assert.lengthOf(lines, 1)
      assert.include(lines[0]!.message, "42P01")
      assert.include(lines[0]!.message, "migrate --grants")
      yield* insert("a")
      assert.deepStrictEqual(yield* noted, [waiting("1")])
      assert.isTrue(yield* ahead.withdraw)
    })
  )
})
