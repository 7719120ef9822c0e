// What a notice is found by, on a real PostgreSQL: an identity that nobody can guess, and the row's key, however long.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { noticesOf } from "../../src/Watermark.ts"
import { captured, customer, migrateOne, promptly } from "../support/customer.ts"
import { claimOne, keys, stage } from "../support/outbox.ts"

/** What PostgreSQL counts from, in milliseconds. */
const epoch = Date.UTC(2000, 0, 1)
/** How much time an id tells apart. */
const step = 2 ** 16 / 1_000

describe("the identity of a notice", () => {
  it.live("is a uuid of version 8: when it was first claimed, and 78 bits that nobody can guess", () =>
    Effect.gen(function* () {
      const { admin, outbox } = yield* stage()
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, created_at)
        select 1, n::text, clock_timestamp() - interval '1 day' from generate_series(1, 4000) n`
      const now = Effect.map(
        admin<{ readonly at: number }>`select date_part('epoch', clock_timestamp()) * 1000 as at`,
        ([row]) => row!.at
      )
      const from = yield* now
      // A claim is for all tables alike, of which there are two.
      const { notices } = yield* outbox.claim(8_000)
      const until = yield* now
      const counts = Array.from({ length: 78 }, () => 0)
      for (const { id } of notices) {
        assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-80[0-9a-f]{2}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        const bits = BigInt(`0x${id.replaceAll("-", "")}`)
        const at = epoch + Number((bits >> 80n) & 0xff_ffff_ffffn) * step
        assert.isAtLeast(at, from - step - 1)
        assert.isAtMost(at, until + 1)
        const random = ((bits >> 120n) << 70n) | (((bits >> 64n) & 0xffn) << 62n) | (bits & ((1n << 62n) - 1n))
        for (let n = 0; n < 78; n++) counts[n]! += Number((random >> BigInt(n)) & 1n)
      }
      assert.strictEqual(new Set(notices.map(({ id }) => id)).size, 4_000)
      // Half of 4,000; six standard deviations to each side.
      for (const count of counts) assert.approximately(count, 2_000, 190)
    })
  )

  it.live("is the notice's from its first claim on, whoever claims it again, and no other's of the same key", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, passTime } = yield* stage()
      yield* add(1, "42")
      assert.lengthOf(yield* admin`select from inquiries_mailer.outbox where id is null`, 1)
      const { id } = yield* claimOne(outbox)
      yield* passTime
      assert.strictEqual((yield* claimOne(outbox)).id, id)
      yield* passTime
      yield* add(1, "42")
      const { notices, superseded } = yield* outbox.claim(8)
      assert.deepStrictEqual(
        superseded.map(({ id }) => id),
        [id]
      )
      assert.notStrictEqual(notices[0]?.id, id)
    })
  )

  it.live("decides between two that nobody has claimed by where they are, if they came in the same moment", () =>
    Effect.gen(function* () {
      const { admin, outbox } = yield* stage()
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, created_at)
        select 1, '42', now() from generate_series(1, 3)`
      const { notices, superseded } = yield* outbox.claim(8)
      assert.deepStrictEqual([keys(notices), keys(superseded)], [["42"], ["42", "42"]])
      yield* outbox.begin(notices[0]!)
    })
  )

  it.live("is in the order of time where its first byte is the same, and the planner sees no order in it", () =>
    Effect.gen(function* () {
      const { admin, outbox } = yield* stage()
      yield* admin`insert into inquiries_mailer.outbox (table_number, key)
        select 1, n::text from generate_series(1, 20000) n`
      yield* outbox.claim(40_000)
      yield* admin`analyze inquiries_mailer.outbox`
      const [found] = yield* admin<{ readonly late: number; readonly correlation: number }>`
        select count(*) filter (where substr(id, 1, 6) < substr(before, 1, 6))::integer as late,
          (select abs(correlation) from pg_stats where tablename = 'outbox' and attname = 'id') as correlation
        from (select id, lag(id) over (partition by get_byte(id, 0) order by due_at) as before
          from (select uuid_send(id) as id, due_at from inquiries_mailer.outbox) o) o`
      assert.strictEqual(found!.late, 0)
      assert.isBelow(found!.correlation, 0.1)
    })
  )
})

// Each of its characters has four bytes, and it cannot be compressed.
const long = (length: number) => {
  let state = 1
  const one = () => String.fromCodePoint(0x2_0000 + ((state = (state * 48_271) % 2_147_483_647) % 40_000))
  return Array.from({ length }, one).join("")
}

describe("a key that is longer than what an index has of it", () => {
  it.live("is captured, though each character has four bytes", () =>
    Effect.gen(function* () {
      const { form, fresh } = yield* customer("create table inquiries (id text primary key)").pipe(
        Effect.tap(({ database }) => migrateOne(database)),
        Effect.tap(({ owner }) => owner.query("alter table inquiries drop constraint inquiries_pkey"))
      )
      const added = [long(299), long(300), long(301), long(5_000)]
      for (const key of added) yield* promptly(form.query("insert into inquiries values ($1)", [key]))
      assert.deepStrictEqual(
        yield* captured(fresh),
        added.map((key) => `1:${key}`)
      )
    })
  )

  it.live("is told from another that begins as it does, also where the cut is among characters of four bytes", () =>
    Effect.gen(function* () {
      const { add, admin, outbox, stored } = yield* stage()
      const added = [300, 301, 302].flatMap((length) => [`${long(length)}a`, `${long(length)}b`, long(length)])
      yield* add(1, ...new Set(added))
      const { notices, superseded } = yield* outbox.claim(20)
      assert.deepStrictEqual(superseded, [])
      assert.sameMembers(keys(notices), [...new Set(added)])
      for (const notice of notices) yield* outbox.begin(notice)
      yield* outbox.settle(notices[0]!, { outcome: "sent" })
      const seen = (key: string) =>
        Effect.map(
          admin.unsafe<{ readonly n: number }>(`select count(*)::integer as n from ${noticesOf("1", "$1::text")}`, [
            key
          ]),
          ([row]) => row!.n
        )
      for (const { key } of yield* stored) assert.strictEqual(yield* seen(key), 1)
      assert.strictEqual(yield* seen(`${long(302)}c`), 0)
      assert.strictEqual(yield* seen(long(299)), 0)
    })
  )

  it.live("supersedes only itself", () =>
    Effect.gen(function* () {
      const { add, outbox } = yield* stage()
      yield* add(1, `${long(400)}a`, `${long(400)}b`, `${long(400)}a`)
      const { notices, superseded } = yield* outbox.claim(20)
      assert.deepStrictEqual(keys(superseded), [`${long(400)}a`])
      assert.sameMembers(keys(notices), [`${long(400)}a`, `${long(400)}b`])
    })
  )
})

describe("the notices for a key", () => {
  it.live("are looked for in the index of the unsettled ones and in that of the settled, each by table and key", () =>
    Effect.gen(function* () {
      const { admin } = yield* stage()
      yield* admin`insert into inquiries_mailer.outbox (table_number, key, outcome)
        select 1, n::text, case when n % 2 = 0 then 'sent' end from generate_series(1, 20000) n`
      yield* admin`analyze inquiries_mailer.outbox`
      const plan = yield* admin.unsafe<{ readonly "QUERY PLAN": string }>(
        `explain select from generate_series(1, 9) r cross join lateral ${noticesOf("1", '(r::text collate "default")')}`
      )
      const text = plan.map((row) => row["QUERY PLAN"].trim()).join("\n")
      for (const [index, length] of [
        ["outbox_key", 300],
        ["outbox_seen", 301]
      ]) {
        const condition = `\\(\\(table_number = 1\\) AND \\("left"\\(key, ${length}\\) = .*${length}`
        assert.match(text, new RegExp(`Index Scan using ${index} .*\\nIndex Cond: ${condition}`))
      }
    })
  )
})
