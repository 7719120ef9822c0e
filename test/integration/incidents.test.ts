// What somebody hears of, from a real database: once whatever the number of workers, and again when it is over.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Metric } from "effect"
import { Alert } from "../../src/Alert.ts"
import * as Connection from "../../src/Connection.ts"
import type { Database } from "../../src/Database.ts"
import type { Message } from "../../src/Incident.ts"
import * as Lookout from "../../src/Lookout.ts"
import { Blocked, Mailer, type Standing } from "../../src/Mailer.ts"
import * as Metrics from "../../src/Metrics.ts"
import { noFaults } from "../../src/Trigger.ts"
import * as Watched from "../../src/Watched.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

/** Workers' lookouts on one database, whose messages one receiver takes or not, and a mailbox. */
const setup = Effect.fnUntraced(function* () {
  const { admin, database } = yield* line.stage()
  const told: Array<Message> = []
  const receiving = { takes: true }
  let standing: Standing = { _tag: "Open" }
  const post = (message: Message) =>
    Effect.sync(() => {
      told.push(message)
      return receiving.takes
    })
  /** A look of one worker: it is over when what it tells is told. */
  const lookout = Effect.gen(function* () {
    const context = yield* Layer.build(Connection.once(database.address))
    const faults = noFaults()
    const made = Effect.gen(function* () {
      const tables = yield* Watched.prepare(database, faults)
      return yield* Lookout.make(database, tables, faults, Duration.zero)
    })
    const within = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provide(context),
        Effect.provideService(Alert, { post }),
        Effect.provide(Layer.mock(Mailer, { standing: Effect.sync(() => standing) }))
      )
    const { once } = yield* within(made)
    // Its children end with it: they get the time that they need.
    return { look: within(Effect.andThen(once, Effect.sleep("150 millis"))) }
  })
  const events = () =>
    told
      .splice(0)
      .map(({ event, kind, table }) => `${kind} ${event} ${table}`.trim())
      .toSorted()
  const stand = (now: Standing) => void (standing = now)
  return { admin, database, events, lookout, receiving, stand }
})

const blocked = new Blocked({ scope: "credential", detail: "invalid_client, AADSTS7000222.", advice: "Renew it." })

/** As if this process had sent a mail. */
const send = (database: Database) => Metric.update(Metrics.meter(database, database.tables[0]!).outcomes.sent, 1)

describe("of two workers on one database", () => {
  it.live("one tells of each incident when it begins, a day later, and when it is over", () =>
    Effect.gen(function* () {
      const { admin, events, lookout } = yield* setup()
      const workers = [yield* lookout, yield* lookout]
      const looks = Effect.all(workers.map(({ look }) => look))
      yield* looks
      assert.deepStrictEqual(events(), [])
      yield* line.insertInquiries(admin, 2)
      yield* looks
      assert.deepStrictEqual(events(), [])
      yield* admin`update inquiries_mailer.outbox set created_at = created_at - interval '10 minutes'`
      yield* admin`update inquiries_mailer.outbox set outcome = 'parked', settled_at = now() where key = '1'`
      yield* admin`update inquiries_mailer.tables set sweep_waiting = 21`
      yield* admin.unsafe("alter table inquiries disable trigger inquiries_mailer_1")
      const all = ["backlog", "fuse", "parked", "trigger"]
      const expected = (event: string) =>
        all.map((kind) => `${kind} ${event}${kind === "backlog" ? "" : " public.inquiries"}`)
      yield* looks
      assert.deepStrictEqual(events(), expected("opened"))
      yield* looks
      assert.deepStrictEqual(events(), [])
      yield* admin`update inquiries_mailer.incident set told_at = told_at - interval '1 day'`
      yield* looks
      assert.deepStrictEqual(events(), expected("reminder"))
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent'`
      yield* admin`update inquiries_mailer.tables set sweep_waiting = null`
      yield* admin.unsafe("alter table inquiries enable trigger inquiries_mailer_1")
      yield* looks
      yield* looks
      assert.deepStrictEqual(events(), expected("over"))
      yield* admin`update inquiries_mailer.outbox set outcome = 'parked' where key = '2'`
      yield* looks
      assert.deepStrictEqual(events(), ["parked opened public.inquiries"])
    }).pipe(silently)
  )

  it.live("one tells, also when many look in the same instant", () =>
    Effect.gen(function* () {
      const { admin, events, lookout } = yield* setup()
      const workers = yield* Effect.all(Array.from({ length: 8 }, () => lookout))
      yield* line.insertInquiry(admin, 1)
      yield* admin`update inquiries_mailer.outbox set outcome = 'parked'`
      yield* Effect.all(
        workers.map(({ look }) => look),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(events(), ["parked opened public.inquiries"])
    }).pipe(silently)
  )

  it.live("the other tells what nobody took, and who had heard of nothing does not hear that it is over", () =>
    Effect.gen(function* () {
      const { admin, events, lookout, receiving } = yield* setup()
      const [first, second] = [yield* lookout, yield* lookout]
      yield* line.insertInquiry(admin, 1)
      yield* admin`update inquiries_mailer.outbox set outcome = 'parked'`
      receiving.takes = false
      yield* first.look
      yield* second.look
      assert.deepStrictEqual(events(), ["parked opened public.inquiries"])
      yield* admin`update inquiries_mailer.incident set handed_until = handed_until - interval '2 minutes'`
      yield* second.look
      assert.deepStrictEqual(events(), ["parked opened public.inquiries"])
      yield* admin`update inquiries_mailer.incident set handed_until = handed_until - interval '2 minutes'`
      yield* first.look
      assert.deepStrictEqual(events(), [], "the second time it is left alone for 4 minutes")
      yield* admin`update inquiries_mailer.outbox set outcome = 'sent'`
      receiving.takes = true
      yield* first.look
      yield* second.look
      assert.deepStrictEqual(events(), [])
    }).pipe(silently)
  )

  it.live("tell that the mailbox is blocked, and only a mail that was sent proves the contrary", () =>
    Effect.gen(function* () {
      const { database, events, lookout, stand } = yield* setup()
      stand({ _tag: "Closed", wait: Duration.seconds(30), reason: blocked })
      yield* (yield* lookout).look
      assert.deepStrictEqual(events(), ["blocked opened"])
      yield* send(database)
      // Whoever was just started knows nothing of the mailbox yet.
      stand({ _tag: "Open" })
      const restarted = yield* lookout
      yield* restarted.look
      assert.deepStrictEqual(events(), [])
      stand({ _tag: "Probe", reason: blocked })
      yield* send(database)
      yield* restarted.look
      assert.deepStrictEqual(events(), [])
      stand({ _tag: "Open" })
      yield* send(database)
      yield* restarted.look
      assert.deepStrictEqual(events(), ["blocked over"])
    }).pipe(silently)
  )

  it.live("forget what ended longer ago than the retention, and nothing else", () =>
    Effect.gen(function* () {
      const { admin, lookout } = yield* setup()
      yield* admin`insert into inquiries_mailer.incident (database_name, kind, about, detail, since, told_at, over_at, closed)
        select 'autos', 'parked', n::text, '', now() - interval '99 days', now(),
          case when n > 1 then now() - n * interval '1 day' end, n > 1
        from unnest('{1, 29, 31}'::integer[]) n`
      yield* admin`insert into inquiries_mailer.incident (database_name, kind, about, detail) values ('autos', 'blocked', '', '')`
      yield* (yield* lookout).look
      const left = yield* admin<{ readonly about: string }>`select about from inquiries_mailer.incident order by about`
      assert.deepStrictEqual(
        left.map(({ about }) => about),
        ["", "1", "29"]
      )
    }).pipe(silently)
  )
})
