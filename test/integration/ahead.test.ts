// What a worker makes of a claim that it has left ahead.
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import type * as Claim from "../../src/Claim.ts"
import { elapsed } from "../../src/Elapsed.ts"
import { nil } from "../../src/NewId.ts"
import { leaving, through, waiting } from "../support/ahead.ts"
import { session } from "../support/customer.ts"

/** Nothing was done for it yet. */
const untouched = { attempts: 0, crashes: 0, looks: 0, maybeSent: false, putBack: false, digest: false }

const payload = (notice: string) => `{"table":"public.inquiries","id":1,"notice":"${notice}"}`

const claimed = (claim: Claim.Claim) => Effect.map(claim(4, 4), ({ notices }) => notices)

describe("a notice that has taken a claim", () => {
  it.live("is begun and has its row, and is settled as any other", () =>
    Effect.gen(function* () {
      const { ahead, heard, insert, noted, outbox } = yield* leaving()
      yield* ahead.leave
      assert.isFalse(ahead.isTaken())
      yield* insert("Jane")
      assert.deepStrictEqual((yield* heard).map(ahead.hear), ["ours"])
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
      const { ahead, fresh, takes } = yield* leaving()
      yield* takes(ahead)
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
      const heard: Array<string> = []
      // What is notified is heard before the statement is answered.
      const quicker = through(fresh.admin, (sql, text, params) => {
        if (text.includes("insert into inquiries_mailer.ahead")) heard.push(ahead.hear(payload(String(params[2]))))
        return sql.unsafe(text, params)
      })
      const ahead = yield* worker(quicker)
      yield* ahead.leave
      assert.deepStrictEqual([heard, ahead.isTaken()], [["ours"], true])
    })
  )

  it.live("is given back when it is released before its request", () =>
    Effect.gen(function* () {
      const { ahead, noted, outbox, takes } = yield* leaving()
      yield* takes(ahead)
      yield* outbox.release((yield* ahead.take(1)).notices)
      assert.deepStrictEqual(yield* noted, [waiting("1")])
    })
  )
})

describe("what was notified", () => {
  it.live("is news to a claim, unless a row has taken what was left, or what another worker has", () =>
    Effect.gen(function* () {
      const { ahead } = yield* leaving()
      const news = ['{"table":"public.inquiries","id":2}', "{}", "", payload("x"), `${payload(nil)} `]
      assert.deepStrictEqual(
        news.map(ahead.hear),
        news.map(() => "news")
      )
      assert.strictEqual(ahead.hear(payload(nil)), "theirs")
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
        const { ahead, fresh, noted, outbox, takes } = yield* leaving()
        yield* takes(ahead)
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
      const { ahead, fresh, outbox, takes } = yield* leaving()
      yield* takes(ahead)
      yield* fresh.admin`update inquiries_mailer.outbox set due_at = clock_timestamp() - interval '1 ms'`
      const [doubtful] = yield* claimed(outbox.claim)
      assert.deepInclude(doubtful, { attempts: 1, crashes: 1, maybeSent: true })
      assert.deepStrictEqual((yield* ahead.take(1)).notices, [])
      yield* outbox.begin(doubtful!)
    })
  )

  it.live("also while somebody has the claim's row locked", () =>
    Effect.gen(function* () {
      const { ahead, as, noted, takes } = yield* leaving()
      yield* takes(ahead)
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("select from inquiries_mailer.ahead for update")
      yield* ahead.take(0)
      assert.deepStrictEqual(yield* noted, [waiting("1")])
    })
  )

  it.live("when somebody has locked a table; and then none is left for a minute", () =>
    Effect.gen(function* () {
      const { as, fresh, moved, noted, takes, worker } = yield* leaving()
      const impatient = through(fresh.admin, (sql, text, params) =>
        sql.withTransaction(Effect.andThen(sql`set local lock_timeout = '100ms'`, sql.unsafe(text, params)))
      )
      const ahead = yield* worker(impatient)
      yield* takes(ahead)
      const other = yield* session(as.owner)
      yield* other.query("begin")
      yield* other.query("lock table inquiries in access exclusive mode")
      assert.deepStrictEqual((yield* ahead.take(1)).notices, [])
      assert.deepStrictEqual(yield* noted, [waiting("1")])
      yield* other.query("commit")
      const left = fresh.admin`select from inquiries_mailer.ahead where not taken`
      yield* ahead.leave
      assert.lengthOf(yield* left, 0)
      moved.nanos += 61_000_000_000n
      yield* ahead.leave
      assert.lengthOf(yield* left, 1)
    })
  )
})
