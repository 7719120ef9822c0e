// The actor of one database: LISTEN first, then drain, then wait for a notification, the next due time or the poll. A
// row that commits at any moment is so either seen by a claim or wakes the next one. It catches no failure: what an
// outage or a crash means is its supervisor's to say.
import { Clock, Duration, Effect, FiberSet, Option, Semaphore } from "effect"
import * as Ahead from "./Ahead.ts"
import type { Tables } from "./Batch.ts"
import { deliverAll } from "./Batch.ts"
import { alarmOf, Bell } from "./Bell.ts"
import * as Burst from "./Burst.ts"
import { Notifications } from "./Connection.ts"
import type { Database } from "./Database.ts"
import { batch, Hand, nextBatch } from "./Hand.ts"
import * as Housekeeping from "./Housekeeping.ts"
import * as Identity from "./Identity.ts"
import * as Lent from "./Lent.ts"
import * as Lookout from "./Lookout.ts"
import { Mailer } from "./Mailer.ts"
import type { Claimed } from "./Notice.ts"
import { Outbox } from "./Outbox.ts"
import * as Polls from "./Polls.ts"
import * as Standing from "./Standing.ts"
import type { Outage, Self } from "./State.ts"
import * as Records from "./Records.ts"
import * as Rehearsal from "./Rehearsal.ts"
import * as Trace from "./Trace.ts"
import * as Trigger from "./Trigger.ts"
import * as Watched from "./Watched.ts"

/** Something is due and could not be claimed, because another replica is claiming it. */
const contention = Duration.millis(100)
/** Until what another worker's claim was taken by is looked for. */
const theirs = Duration.seconds(2)

/** Watches one database for ever. */
export const run = Effect.fn("Monitor.run")(function* (database: Database, supervised: Self) {
  const notifications = yield* Notifications
  yield* Identity.check
  const faults = Trigger.noFaults()
  const tables = yield* Watched.prepare(database, faults)
  const pollEvery = yield* Polls.interval(database, notifications.deaf)
  const self = Polls.asWoken(supervised, notifications.deaf, pollEvery)
  yield* self.healthy
  const descriptions = new Map([...tables].map(([number, { description }]) => [number, description]))
  const numbers = [...tables.keys()]
  const [bursts, within] = [Burst.among(tables), Records.within(descriptions)]
  const outbox = Outbox.layer(numbers, bursts, within)
  const { session } = notifications
  // What a burst has to be decided of may not be begun before; and where a doubt costs more than a header there is to be none more.
  const mayLeave = bursts.length === 0 && database.reconcile === "resend"
  const leaving =
    mayLeave && within !== undefined && session !== undefined
      ? Ahead.make({ database, session, tables: numbers, within })
      : undefined
  // Between two polls nothing may wake a database that sleeps.
  const sleeps = notifications.deaf === "wanted"
  const lookout = yield* Lookout.make(database, tables, faults, sleeps ? pollEvery : Duration.zero)
  const look = Effect.as(Trigger.look(faults, tables), false)
  const housekeeping = yield* Housekeeping.atPolls(tables, database.retention, self)
  const atPoll = sleeps ? Effect.andThen(look, Effect.tap(housekeeping, lookout.once)) : look
  const rehearsed = Effect.forkChild(Rehearsal.run(database.address))
  const mailing = Effect.andThen(rehearsed, watch(tables, pollEvery, self, atPoll, leaving)).pipe(
    Effect.provide(outbox),
    Lent.often
  )
  const alive = Effect.tapError(notifications.alive, (outage) => self.ailing(outage))
  // One race: of each nested one hundreds of databases would hold a fiber more.
  if (sleeps) return yield* Effect.raceFirst(alive, mailing)
  const beside = Housekeeping.run(tables, database.retention, self)
  return yield* Effect.raceAllFirst([alive, mailing, beside, Lent.often(lookout.forever)])
})

/**
 * Claims and delivers for ever: what `run` does once everything is there. `atPoll` rides on each safety poll, beside what
 * that has claimed: no mail waits for it, however long it takes. True means that there may be more to claim.
 */
export const watch = <R = never>(
  tables: Tables,
  pollEvery: Duration.Duration,
  self: Self,
  atPoll: Effect.Effect<boolean, Outage, R> = Effect.succeed(false),
  leaving: ReturnType<typeof Ahead.make> = Effect.succeed(Ahead.none)
) =>
  Effect.scoped(
    Effect.gen(function* () {
      const batches = yield* FiberSet.make<void, Outage>()
      const failed = Effect.andThen(FiberSet.join(batches), Effect.never)
      // No row takes a claim while the last mails go out.
      const claims = Effect.scoped(claiming(tables, pollEvery, self, batches, atPoll, leaving))
      return yield* Effect.raceFirst(claims, failed)
    })
  )

/** A slow send holds up no newer row: the next claim waits for room, not for the end of the last one. */
const claiming = Effect.fnUntraced(function* <R>(
  tables: Tables,
  pollEvery: Duration.Duration,
  self: Self,
  batches: FiberSet.FiberSet<void, Outage>,
  atPoll: Effect.Effect<boolean, Outage, R>,
  leaving: ReturnType<typeof Ahead.make>
) {
  const mailer = yield* Mailer
  const notifications = yield* Notifications
  const outbox = yield* Outbox
  const ahead = yield* leaving
  const hand = new Hand()
  // Something was notified, has another turn, or has come due; only a claim tells.
  const bell = new Bell()
  const alarm = yield* alarmOf(bell)
  const hear = (payloads: ReadonlyArray<string>) => {
    const heard = new Set(payloads.map(ahead.hear))
    if (heard.has("news")) bell.ring()
    else if (heard.has("ours")) bell.touch()
    // Its own worker reads it now. If that has gone, it is left alone for a while, which a look tells.
    return heard.has("theirs") ? alarm(theirs) : Effect.void
  }
  yield* FiberSet.run(batches, Effect.forever(Effect.flatMap(notifications.next, hear)))
  let size = batch.least
  let before = "Open"
  let polled = yield* Clock.currentTimeMillis
  // One at a time.
  const riding = yield* Semaphore.make(1)
  const ride = riding
    .withPermitsIfAvailable(1)(atPoll)
    .pipe(Effect.map((more) => Option.contains(more, true) && bell.ring()))

  const deliver = Effect.fnUntraced(function* (claimed: Claimed, claim: Trace.Times) {
    const started = yield* Clock.currentTimeMillis
    const batch = hand.take(claimed.notices.length)
    const done = (settled: boolean) => {
      batch.done()
      if (!settled) bell.ring()
    }
    const told = { answered: batch.answered, done }
    yield* Effect.ensuring(deliverAll(claimed, tables, self, told, claim), Effect.sync(batch.end))
    size = nextBatch(size, Duration.millis((yield* Clock.currentTimeMillis) - started))
    if (!hand.isEmpty || bell.isRung || (yield* mailer.places).free === 0) return
    yield* ahead.leave
  })

  // Whatever interrupts this, each notice is delivered, or given back: one that is begun would be in doubt.
  const take = Effect.fnUntraced(function* (asked: Effect.Effect<Claimed, Outage>, when: "now" | "known") {
    const [claimed, claim] = yield* Trace.timed(asked)
    if (claimed.notices.length + claimed.superseded.length > 0) {
      const delivery = Effect.interruptible(deliver(claimed, claim))
      yield* when === "now" ? FiberSet.run(batches, delivery, { startImmediately: true }) : delivery
    }
    return claimed
  }, Effect.uninterruptible)

  while (true) {
    const standing = yield* mailer.standing
    if (standing._tag !== before) yield* Standing.say(standing)
    before = standing._tag
    // What would take it could not go out.
    if (standing._tag !== "Open") yield* ahead.withdraw
    if (standing._tag === "Closed") {
      yield* Effect.sleep(Duration.min(standing.wait, pollEvery))
      continue
    }
    const { all, free } = yield* mailer.places
    const left = hand.left(all, size)
    if (left === 0) {
      yield* hand.room
      continue
    }
    const lone = ahead.isTaken() && !bell.isRung
    bell.still()
    if (ahead.isTaken()) {
      const { notices } = yield* take(ahead.take(free), "now")
      if (lone && notices.length > 0) {
        yield* bell.touched
        continue
      }
    }
    const begins = Math.min(free, left)
    // What its claim begins costs a third less than what is begun afterwards; with fewer some table would have no share.
    const limit = begins >= tables.size ? begins : left
    // After a probe the mailbox stands differently: nothing is claimed before that is known.
    const claimed = yield* standing._tag === "Probe"
      ? take(outbox.claim(1, 0), "known")
      : take(outbox.claim(limit, begins), "now")
    yield* self.paused(claimed.pausedSince)
    const now = yield* Clock.currentTimeMillis
    if (now - polled >= Duration.toMillis(pollEvery)) {
      polled = now
      yield* FiberSet.run(batches, ride)
    }
    // What is due stays so until somebody resumes, which is notified.
    const due = claimed.pausedSince === undefined ? (claimed.untilDue ?? pollEvery) : pollEvery
    const some = claimed.notices.length + claimed.superseded.length > 0
    if (some && Duration.isZero(due)) {
      bell.ring()
      continue
    }
    yield* alarm(Duration.max(contention, Duration.min(due, pollEvery)))
    yield* bell.touched
  }
})
