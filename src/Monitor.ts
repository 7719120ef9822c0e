// The actor of one database: LISTEN first, then drain, then wait for a notification, the next due time or the poll. A
// row that commits at any moment is so either seen by a claim or wakes the next one. It catches no failure: what an
// outage or a crash means is its supervisor's to say.
import { Clock, Duration, Effect, FiberSet, Latch, Queue } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Prepared, Tables } from "./Batch.ts"
import { deliverAll } from "./Batch.ts"
import * as Capture from "./Capture.ts"
import * as Catalog from "./Catalog.ts"
import { Notifications } from "./Connection.ts"
import type { Database } from "./Database.ts"
import type { Standing } from "./Mailer.ts"
import { explain, Mailer } from "./Mailer.ts"
import type { Claimed } from "./Notice.ts"
import { Outbox } from "./Outbox.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Self } from "./State.ts"
import { Outage } from "./State.ts"
import * as SweepRounds from "./SweepRounds.ts"

/** The safety net under NOTIFY. */
const poll = Duration.minutes(1)
/** Where nobody may be notified, see `Capture`. */
const pollWithoutNotify = Duration.seconds(5)
/** Something is due and could not be claimed, because another replica is claiming it. */
const contention = Duration.millis(100)
const batch = { least: 4, most: 64 }
/** A claim holds about this much work at most, so that a crash or a slow mailbox delays few. */
const batchTime = Duration.seconds(5)

/** The size of the next claim, from how long the last took. */
export const nextBatch = (size: number, took: Duration.Duration): number =>
  Duration.isGreaterThan(took, batchTime) ? Math.max(batch.least, size >> 1) : Math.min(batch.most, size * 2)

/** Watches one database for ever. */
export const run = Effect.fn("Monitor.run")(function* (database: Database, self: Self) {
  const notifications = yield* Notifications
  const tables = yield* prepare(database)
  yield* self.healthy
  const outbox = Outbox.layer([...tables.keys()])
  return yield* notifications.alive.pipe(
    Effect.tapError((outage) => self.ailing(outage)),
    Effect.raceFirst(watch(tables, yield* pollInterval, self).pipe(Effect.provide(outbox))),
    Effect.raceFirst(SweepRounds.run(database.name, tables, self))
  )
})

const prepare = Effect.fnUntraced(function* (database: Database) {
  const tables = new Map<number, Prepared>()
  for (const table of database.tables) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) {
      return yield* new Outage({ state: "blocked", reason: description.refused })
    }
    const name = `${description.schema}.${description.name}`
    const registration = yield* orOutage(Capture.find(database.name, description))
    if (registration === undefined) {
      const reason = `table ${name} is not set up for ${database.name}: run \`inquiries-mailer migrate\``
      return yield* new Outage({ state: "blocked", reason })
    }
    tables.set(registration.number, {
      database,
      table,
      description,
      secretKey: Catalog.isTextKey(description.keyType)
    })
  }
  return tables
})

const pollInterval = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<{ readonly off: boolean }>`
    select current_setting('max_prepared_transactions') = '0' as off`)
  return row?.off === true ? poll : pollWithoutNotify
})

/** Claims and delivers for ever: what `run` does once everything is there. */
export const watch = (tables: Tables, pollEvery: Duration.Duration, self: Self) =>
  Effect.scoped(
    Effect.gen(function* () {
      const batches = yield* FiberSet.make<void, Outage>()
      const failed = Effect.andThen(FiberSet.join(batches), Effect.never)
      return yield* Effect.raceFirst(claiming(tables, pollEvery, self, batches), failed)
    })
  )

/** A slow send holds up no newer row: the next claim waits for room, not for the end of the last one. */
const claiming = Effect.fnUntraced(function* (
  tables: Tables,
  pollEvery: Duration.Duration,
  self: Self,
  batches: FiberSet.FiberSet<void, Outage>
) {
  const mailer = yield* Mailer
  const notifications = yield* Notifications
  const outbox = yield* Outbox
  const room = yield* Latch.make(true)
  // Something has another turn, and only a claim tells when.
  const postponed = yield* Queue.sliding<void>(1)
  let size = batch.least
  let inHand = 0
  let before: Standing["_tag"] = "Open"

  const deliver = Effect.fnUntraced(function* (claimed: Claimed) {
    const started = yield* Clock.currentTimeMillis
    let left = claimed.notices.length
    inHand += left
    const give = (count: number) => {
      left -= count
      inHand -= count
      if (inHand <= size / 2) room.openUnsafe()
    }
    const done = (settled: boolean) => {
      give(1)
      if (!settled) Queue.offerUnsafe(postponed, undefined)
    }
    yield* Effect.ensuring(
      deliverAll(claimed, tables, self, done),
      Effect.sync(() => give(left))
    )
    size = nextBatch(size, Duration.millis((yield* Clock.currentTimeMillis) - started))
  })

  while (true) {
    const standing = yield* mailer.standing
    if (standing._tag !== before) yield* sayStanding(standing)
    before = standing._tag
    if (standing._tag === "Closed") {
      yield* Effect.sleep(Duration.min(standing.wait, pollEvery))
      continue
    }
    if (inHand > size / 2) {
      room.closeUnsafe()
      yield* room.await
      continue
    }
    yield* notifications.clear
    yield* Queue.clear(postponed)
    const claimed = yield* outbox.claim(standing._tag === "Probe" ? 1 : size - inHand)
    const some = claimed.notices.length + claimed.superseded.length > 0
    // After a probe the mailbox stands differently: nothing is claimed before that is known.
    if (some) yield* standing._tag === "Probe" ? deliver(claimed) : FiberSet.run(batches, deliver(claimed))
    const due = claimed.untilDue ?? pollEvery
    if (some && Duration.isZero(due)) continue
    yield* Effect.raceFirst(notifications.next, Queue.take(postponed)).pipe(
      Effect.timeoutOption(Duration.max(contention, Duration.min(due, pollEvery)))
    )
  }
})

const sayStanding = (standing: Standing): Effect.Effect<void> => {
  switch (standing._tag) {
    case "Open":
      return Effect.logInfo("the mailbox can be used again")
    case "Probe":
      return Effect.logInfo("trying one mail, to see whether the mailbox can be used again")
    case "Closed": {
      const next = `tried again in ${Duration.format(standing.wait)}`
      const say = standing.reason._tag === "Blocked" ? Effect.logError : Effect.logWarning
      return say(`nothing is sent: ${explain(standing.reason)}`).pipe(Effect.annotateLogs({ next }))
    }
  }
}
