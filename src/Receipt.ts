// Once a day a short mail to the operator: was every row mailed. Sent by one of several replicas, through a credential that
// works, whichever databases are away. What failed is tried again until the day is over, and nothing is made up for later.
import { Cause, Clock, type Context, DateTime, Duration, Effect, Fiber, Layer } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import * as Connection from "./Connection.ts"
import { describeCrash } from "./Crash.ts"
import type { Database } from "./Database.ts"
import { installed } from "./Outbox.ts"
import { write } from "./OperatorMail.ts"
import * as Account from "./receipt/Account.ts"
import * as Claims from "./receipt/Claims.ts"
import * as Day from "./receipt/Day.ts"
import { type Answer, contentOf } from "./receipt/Letter.ts"
import * as Said from "./Said.ts"
import { Outage } from "./State.ts"
import { found, send, type Way } from "./Ways.ts"

/** A look at the clock costs nothing, and is late by this much at most. */
const every = Duration.seconds(15)
/** After a failure, or while another replica is at it. */
const again = Duration.minutes(1)
/** For so long nobody sends it while no database can be asked who does; then everybody does. */
const lonely = Duration.hours(1)
/** Databases that are asked at once. */
const concurrency = 8
/** One that takes longer could not be asked; a table alone may take five seconds. */
const patience = Duration.minutes(1)
/** Of four weeks: what a table usually gets. */
const history = 28

export interface Options extends Day.Times {
  readonly to: ReadonlyArray<string>
  readonly ways: ReadonlyArray<Way>
  readonly databases: ReadonlyArray<Database>
  /** Since when a database is away, in epoch milliseconds. */
  readonly awaySince: (name: string) => number | undefined
}

/** A database that can be asked, and whether it has an outbox. */
interface Reached {
  readonly database: Database
  readonly context: Context.Context<SqlClient>
  readonly outbox: boolean
}

type Reach = Reached | { readonly database: Database; readonly reason: string }

/** Ends within the limit, whatever hangs: that is left behind, and ends with its socket. A fault spoils no other's answer. */
const bounded = Effect.fnUntraced(function* <A, R>(asking: Effect.Effect<A, Outage, R>) {
  const sound = Effect.catchDefect(asking, (defect) =>
    Effect.fail(
      new Outage({ state: "blocked", reason: `this program has a fault: ${describeCrash(Cause.die(defect))}` })
    )
  )
  const fiber = yield* Effect.forkDetach(sound, { startImmediately: true })
  return yield* Fiber.join(fiber).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => new Outage({ state: "waiting", reason: `no answer within ${Duration.format(patience)}` })
    }),
    Effect.onInterrupt(() => Effect.sync(() => fiber.interruptUnsafe()))
  )
})

const reach = (database: Database) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Connection.once(database.address))
    const asked = database.capture === "auto" ? yield* Effect.provideContext(installed, context) : undefined
    const reached: Reach = { database, context, outbox: asked ?? database.capture === "outbox" }
    return reached
  }).pipe(
    bounded,
    Effect.catch(({ reason }) => Effect.succeed<Reach>({ database, reason }))
  )

const isReached = (reach: Reach): reach is Reached => "context" in reach

/** What all databases say of that day. */
const answersOf = Effect.fnUntraced(function* (
  reaches: ReadonlyArray<Reach>,
  day: Day.Day,
  earlier: ReadonlyArray<Day.Day>,
  awaySince: Options["awaySince"]
) {
  const unasked = ({ name }: Database, reason: string): Answer => ({
    database: name,
    reason,
    awaySince: awaySince(name)
  })
  return yield* Effect.forEach(
    reaches,
    (reach): Effect.Effect<Answer> =>
      isReached(reach)
        ? bounded(
            Account.take(reach.database, day, earlier, reach.outbox).pipe(Effect.provideContext(reach.context))
          ).pipe(Effect.catch(({ reason }) => Effect.succeed(unasked(reach.database, reason))))
        : Effect.succeed(unasked(reach.database, reach.reason)),
    { concurrency }
  )
})

const earlierThan = (now: DateTime.Utc, timeZone: string): ReadonlyArray<Day.Day> =>
  Array.from({ length: history }, (_, index) => Day.before(now, timeZone, index + 2))

/** Yesterday's, as it would be mailed now; and whether every database could be asked. */
export const look = Effect.fn("Receipt.look")(function* (
  databases: ReadonlyArray<Database>,
  timeZone: string,
  awaySince: Options["awaySince"] = () => undefined
) {
  const now = yield* DateTime.now
  const day = Day.before(now, timeZone, 1)
  const reaches = yield* Effect.forEach(databases, reach, { concurrency })
  const answers = yield* answersOf(reaches, day, earlierThan(now, timeZone), awaySince)
  return {
    content: contentOf(answers, day, timeZone, DateTime.toEpochMillis(now)),
    complete: answers.every((answer) => "tables" in answer)
  }
}, Effect.scoped)

/** Sends the receipt of each day when it is due, for ever. */
export const run = Effect.fn("Receipt.run")(function* (options: Options) {
  const { databases, timeZone, to, ways } = options
  const token = randomUUID()
  const started = yield* Clock.currentTimeMillis
  const say = Said.make()
  let done = ""
  /** Of this day, and perhaps not written down everywhere. */
  let sent = ""
  let alone: { readonly day: string; readonly since: number } | undefined

  const round = Effect.fnUntraced(function* (day: Day.Day, now: DateTime.Utc) {
    const reaches = yield* Effect.forEach(databases, reach, { concurrency })
    const holders = reaches.filter(isReached).filter(({ outbox }) => outbox)
    if (sent === day.name) return yield* Claims.record(holders, day.name)
    const claimed = yield* Claims.claim(holders, day.name, token)
    if (claimed._tag === "Sent") return yield* Claims.record(holders, day.name)
    if (claimed._tag !== "Ours") return false
    if (claimed.held.length === 0) {
      const nowhere = databases.every(({ capture }) => capture === "notify")
      // Where nothing says who has sent it, a start after it was due sends nothing.
      if (nowhere && started >= Day.dueAt(now, options)) return true
      if (alone?.day !== day.name) alone = { day: day.name, since: DateTime.toEpochMillis(now) }
      if (!nowhere && DateTime.toEpochMillis(now) - alone.since < Duration.toMillis(lonely)) {
        yield* say("the receipt waits for a database that can be asked whether another worker sends it")
        return false
      }
    }
    const answers = yield* answersOf(reaches, day, earlierThan(now, timeZone), options.awaySince)
    const content = contentOf(answers, day, timeZone, DateTime.toEpochMillis(now))
    const mail = write({
      ...{ ...content, to, date: now, maybeDuplicate: claimed.begun },
      identity: ["receipt", day.name, ...to, ...databases.map(({ name }) => name)]
    })
    const there = claimed.begun && (yield* found(ways, mail))
    const outcome = there
      ? { _tag: "Accepted" as const }
      : yield* send(ways, mail, Claims.begin(claimed.held, day.name, token)).pipe(
          Effect.catchTag("NotOurs", () => Effect.succeed({ _tag: "NotOurs" as const }))
        )
    if (outcome._tag === "NotOurs") return false
    if (outcome._tag !== "Accepted") {
      yield* say(`the receipt of ${day.name} could not be mailed, tried again: ${outcome.why}`)
      // What was not begun is for whichever replica can.
      yield* Claims.release(claimed.held, day.name, token)
      return false
    }
    yield* say(undefined)
    sent = day.name
    yield* Effect.logInfo(
      `the receipt of ${day.name} was mailed to ${to.length === 1 ? "1 address" : `${to.length} addresses`}`
    )
    return yield* Claims.record(holders, day.name)
  }, Effect.scoped)

  while (true) {
    const now = yield* DateTime.now
    const day = Day.due(now, options)
    if (day === undefined || day.name === done) {
      yield* Effect.sleep(every)
      continue
    }
    const ended = yield* Effect.catchDefect(round(day, now), (defect) =>
      Effect.as(say(`the receipt could not be made, tried again: ${describeCrash(Cause.die(defect))}`), false)
    )
    if (ended) done = day.name
    else yield* Effect.sleep(again)
  }
})
