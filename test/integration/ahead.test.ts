// What a worker makes of a claim that it has left ahead.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type * as Claim from "../../src/Claim.ts"
import { elapsed } from "../../src/Elapsed.ts"
import { nil } from "../../src/NewId.ts"
import { leaving, waiting } from "../support/ahead.ts"

/** Nothing was done for it yet. */
const untouched = { attempts: 0, crashes: 0, looks: 0, maybeSent: false, putBack: false, digest: false }

const claimed = (claim: Claim.Claim) => Effect.map(claim(4, 4), ({ notices }) => notices)

describe("a notice that has taken a claim", () => {
  it.live("is begun and has its row, and is settled as any other", () =>
    Effect.gen(function* () {
      const { ahead, heard, insert, noted, outbox } = yield* leaving()
      yield* ahead.leave
      assert.isFalse(ahead.isTaken())
      yield* insert("Jane")
      assert.isFalse(ahead.hear(yield* heard))
      assert.isTrue(ahead.isTaken())
      const { notices, superseded, untilDue } = yield* ahead.take(1)
      assert.deepStrictEqual([superseded, untilDue], [[], undefined])
      const [notice] = notices
      assert.deepInclude(notice, { ...untouched, key: "1", table: 1 })
      assert.deepStrictEqual(notice!.row!.fields[1]!.value, "Jane")
      assert.isFalse(notice!.begun!.taken)
      yield* outbox.settle(notice!, { outcome: "sent" })
      assert.deepStrictEqual(yield* noted, [{ key: "1", begun: true, held: false, outcome: "sent" }])
      assert.isFalse(ahead.isTaken())
    })
  )

  it.live("has a mark that is as old as its INSERT, and not as the question", () =>
    Effect.gen(function* () {
      const { ahead, fresh, heard, insert } = yield* leaving()
      yield* ahead.leave
      yield* insert("a")
      ahead.hear(yield* heard)
      yield* fresh.admin`update inquiries_mailer.outbox
        set created_at = created_at - interval '3 seconds', begun_at = begun_at - interval '4 seconds'`
      const asked = yield* elapsed
      const now = yield* Clock.currentTimeMillis
      const [notice] = (yield* ahead.take(1)).notices
      assert.closeTo(asked - notice!.begun!.asked, 4_000, 500)
      assert.closeTo(now - notice!.createdAt, 3_000, 500)
    })
  )

  it.live("is known though the row was quicker than the answer that the claim is left", () =>
    Effect.gen(function* () {
      const { fresh, worker } = yield* leaving()
      const payload = (notice: string) => `{"table":"public.inquiries","id":1,"notice":"${notice}"}`
      const heard: Array<boolean> = []
      // What is notified is heard before what the statement has answered.
      const quicker = new Proxy<SqlClient>(fresh.admin, {
        get: (sql, name) =>
          name !== "unsafe"
            ? Reflect.get(sql, name)
            : (text: string, params: ReadonlyArray<unknown>) =>
                Effect.tap(sql.unsafe<{ readonly id: string }>(text, params), ([row]) =>
                  Effect.sync(() => row !== undefined && heard.push(ahead.hear([payload(row.id), payload(nil)])))
                )
      })
      const ahead = yield* worker(quicker)
      yield* ahead.leave
      assert.deepStrictEqual([heard, ahead.isTaken()], [[true], true])
    })
  )

  it.live("is given back when it is released before its request", () =>
    Effect.gen(function* () {
      const { ahead, heard, insert, noted, outbox } = yield* leaving()
      yield* ahead.leave
      yield* insert("a")
      ahead.hear(yield* heard)
      yield* outbox.release((yield* ahead.take(1)).notices)
      assert.deepStrictEqual(yield* noted, [waiting("1")])
    })
  )
})

describe("what was notified", () => {
  it.live("is news to a claim, but for a row that has taken what was left", () =>
    Effect.gen(function* () {
      const { ahead } = yield* leaving()
      // As another worker's, or one that was given back meanwhile.
      const another = `{"table":"public.inquiries","id":1,"notice":"${nil}"}`
      assert.isTrue(ahead.hear([another]))
      assert.isTrue(ahead.hear(['{"table":"public.inquiries","id":2}']))
      assert.isTrue(ahead.hear([""]))
      assert.isFalse(ahead.isTaken())
    })
  )
})

/** What keeps a notice that has taken a claim from being mailed as it is. */
const reasons: Readonly<Record<string, readonly [statement: string, free?: number]>> = {
  "its mark is more than five seconds old": [
    "update inquiries_mailer.outbox set begun_at = begun_at - interval '6 seconds'"
  ],
  "another notice of its key waits": [
    "insert into inquiries_mailer.outbox (table_number, key, created_at) values (1, '1', now() - interval '1 hour')"
  ],
  "its database is paused": ["insert into inquiries_mailer.pauses (database_name) values ('autos')"],
  "its table is no longer watched": ["update inquiries_mailer.outbox set table_number = 7"],
  "nothing may be begun": ["select", 0]
}

describe("a notice that has taken a claim is given back, and clean,", () => {
  for (const [reason, [statement, free = 1]] of Object.entries(reasons)) {
    it.live(`when ${reason}`, () =>
      Effect.gen(function* () {
        const { ahead, fresh, heard, insert, noted, outbox } = yield* leaving()
        yield* ahead.leave
        yield* insert("a")
        ahead.hear(yield* heard)
        yield* fresh.admin.unsafe(statement)
        assert.deepStrictEqual((yield* ahead.take(free)).notices, [])
        assert.isFalse(ahead.isTaken())
        assert.deepInclude(yield* noted, waiting("1"))
        yield* fresh.admin`delete from inquiries_mailer.pauses`
        yield* fresh.admin`update inquiries_mailer.outbox set table_number = 1`
        assert.deepInclude((yield* claimed(outbox.claim)).at(-1), { ...untouched, key: "1" })
      })
    )
  }

  it.live("but not when somebody else has claimed it since", () =>
    Effect.gen(function* () {
      const { ahead, fresh, heard, insert, outbox } = yield* leaving()
      yield* ahead.leave
      yield* insert("a")
      ahead.hear(yield* heard)
      yield* fresh.admin`update inquiries_mailer.outbox set due_at = clock_timestamp() - interval '1 ms'`
      const [doubtful] = yield* claimed(outbox.claim)
      assert.deepInclude(doubtful, { attempts: 1, crashes: 1, maybeSent: true })
      assert.deepStrictEqual((yield* ahead.take(1)).notices, [])
      yield* outbox.begin(doubtful!)
    })
  )
})
