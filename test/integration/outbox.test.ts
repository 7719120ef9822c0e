// Who may act upon a notice, and until when: claims, leases and the next due time, on a real PostgreSQL.
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { session } from "../support/customer.ts"
import { databaseAt, numbers } from "../support/line.ts"
import { claimOne, keys, noting, seconds, stage } from "../support/outbox.ts"

describe("a claim", () => {
  it.live("gives no notice to two replicas, however many claim at once, and leaves none over", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* stage()
      yield* add(1, ...numbers(120).map(String))
      const claimAll = Effect.gen(function* () {
        const own: Array<string> = []
        while (true) {
          const { notices } = yield* outbox.claim(6)
          // What is left may be locked by somebody else for the moment.
          if (notices.length === 0) return own
          own.push(...keys(notices))
        }
      })
      const claimed = (yield* Effect.all([claimAll, claimAll, claimAll, claimAll], { concurrency: 4 })).flat()
      claimed.push(...(yield* claimAll))
      assert.deepStrictEqual(
        claimed.map(Number).toSorted((a, b) => a - b),
        numbers(120)
      )
    })
  )

  it.live("waits for nobody who holds a notice locked, and takes the next one", () =>
    Effect.gen(function* () {
      const { add, fresh, outbox } = yield* stage()
      yield* add(1, "locked", "free")
      const other = yield* session(fresh)
      yield* other.query("begin")
      yield* other.query("select from inquiries_mailer.outbox where key = 'locked' for update")
      const { notices } = yield* outbox.claim(1).pipe(Effect.timeout("2 seconds"))
      assert.deepStrictEqual(keys(notices), ["free"])
      yield* other.query("rollback")
    })
  )

  it.live("gives each table an equal share, in turn, so that no backlog holds up another table", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* stage()
      yield* add(1, ...numbers(20).map(String))
      yield* add(2, "a", "b", "c")
      const { notices } = yield* outbox.claim(4)
      assert.deepStrictEqual(keys(notices), ["1", "a", "2", "b"])
    })
  )

  it.live("takes what has been due for longest, and touches no other table's notices", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* stage()
      yield* add(3, "elsewhere")
      yield* add(1, "1", "2", "3")
      assert.deepStrictEqual(keys((yield* outbox.claim(4)).notices), ["1", "2"])
      assert.deepStrictEqual(keys((yield* stored).filter(({ claimed }) => !claimed)), ["elsewhere", "3"])
    })
  )

  it.live("holds for half a minute, renewed for longer; then somebody else may have it, under another token", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, passTime, stored } = yield* stage()
      yield* add(1, "1")
      const first = yield* claimOne(outbox)
      assert.strictEqual((yield* stored)[0]!.due, 30)
      yield* admin`update inquiries_mailer.outbox set due_at = due_at - interval '20 seconds'`
      yield* outbox.renew([first])
      assert.strictEqual((yield* stored)[0]!.due, 30)
      assert.lengthOf((yield* outbox.claim(1)).notices, 0)
      yield* passTime
      const second = yield* claimOne(outbox)
      assert.strictEqual(second.id, first.id)
      assert.notStrictEqual(second.claim, first.claim)
      assert.deepInclude(second, { attempts: 0, maybeSent: false })
    })
  )

  it.live("that ended is neither renewed nor given back by who had it", () =>
    Effect.gen(function* () {
      const { add, outbox, passTime, stored } = yield* stage()
      yield* add(1, "1")
      const first = yield* claimOne(outbox)
      yield* passTime
      yield* outbox.renew([first])
      const second = yield* claimOne(outbox)
      assert.strictEqual(second.id, first.id)
      yield* outbox.release([first])
      assert.isTrue((yield* stored)[0]!.claimed)
    })
  )

  it.live("given back is due at once, but for what has begun", () =>
    Effect.gen(function* () {
      const { add, outbox, stored } = yield* stage()
      yield* add(1, "begun", "not begun")
      const { notices } = yield* outbox.claim(4)
      yield* outbox.begin(notices[0]!)
      yield* outbox.release(notices)
      const [begun, other] = yield* stored
      assert.deepInclude(begun, { claimed: true, begun: true, due: 60 })
      assert.deepInclude(other, { claimed: false, begun: false })
      assert.deepStrictEqual(keys((yield* outbox.claim(4)).notices), ["not begun"])
    })
  )

  it.live("finds its notices by an index, also among 100,000 that are settled", () =>
    Effect.gen(function* () {
      const { add, admin, seenBy } = yield* stage()
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1 + n % 2, n::text, 'sent', clock_timestamp() from generate_series(1, 100000) n`
      yield* add(1, ...numbers(20).map(String))
      yield* admin`vacuum analyze inquiries_mailer.outbox`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const outbox = yield* seenBy(noting(admin, statements))
      yield* outbox.claim(4)
      assert.lengthOf(statements, 1)
      for (const [statement, params] of statements) {
        const plan = yield* admin.unsafe<{ readonly "QUERY PLAN": string }>(`explain ${statement}`, params)
        const text = plan.map((row) => row["QUERY PLAN"]).join("\n")
        assert.match(text, /Index (Only )?Scan using outbox_due/)
        assert.notMatch(text, /Seq Scan on outbox/)
      }
    })
  )
})

describe("with statistics from an hour when nothing was unsettled", () => {
  it.live("a claim, a begun mark and the settlements read no more of a backlog than they are for", () =>
    Effect.gen(function* () {
      const { admin, fresh, seenBy } = yield* stage()
      yield* admin`alter table inquiries_mailer.outbox set (autovacuum_enabled = off)`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome, settled_at)
        select 1, n::text, 'sent', clock_timestamp() from generate_series(1, 20000) n`
      yield* admin`analyze inquiries_mailer.outbox`
      yield* admin`insert into inquiries_mailer.outbox (table_number, key)
        select 1, 'new ' || n from generate_series(1, 20000) n`
      const statements: Array<readonly [string, ReadonlyArray<unknown>]> = []
      const work = yield* Layer.build(Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
      const sql = Context.get(work, SqlClient)
      const outbox = yield* seenBy(noting(sql, statements))
      const [first, second] = (yield* outbox.claim(8)).notices
      yield* outbox.begin(first!)
      yield* outbox.settle(first!, { outcome: "sent" })
      yield* outbox.postpone(second!, { delay: undefined, spent: false, maybeSent: false, detail: "" })
      assert.lengthOf(statements, 4)
      for (const [statement, params] of statements) {
        const plan = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(`explain (analyze) ${statement}`, params)
        for (const { "QUERY PLAN": node } of plan) {
          const rows = /actual time.* rows=([\d.]+)|Removed by .*: (\d+)/.exec(node)
          assert.isAtMost(Number(rows?.[1] ?? rows?.[2] ?? 0), 20, node)
        }
      }
    })
  )
})

describe("the next due time", () => {
  it.live("is the earliest due time or lease end of what is not settled, in this replica's tables", () =>
    Effect.gen(function* () {
      const { add, admin, outbox } = yield* stage()
      const untilDue = Effect.map(outbox.claim(1), (claimed) => claimed.untilDue)
      assert.isUndefined(yield* untilDue)
      yield* add(3, "elsewhere")
      yield* add(1, "settled")
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent' where key = 'settled'`
      assert.isUndefined(yield* untilDue)
      yield* add(2, "late")
      yield* admin`update inquiries_mailer.outbox set due_at = due_at + interval '50 seconds' where key = 'late'`
      assert.strictEqual(seconds(yield* untilDue), 50)
      yield* add(1, "first", "second")
      const { notices, untilDue: second } = yield* outbox.claim(1)
      assert.deepStrictEqual(keys(notices), ["first"])
      assert.deepStrictEqual(second, Duration.zero)
      assert.strictEqual(seconds(yield* untilDue), 30)
      yield* outbox.begin(notices[0]!)
      assert.strictEqual(seconds(yield* untilDue), 30)
      yield* outbox.settle(notices[0]!, { outcome: "sent" })
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent' where key = 'second'`
      assert.strictEqual(seconds(yield* untilDue), 50)
    })
  )
})
