// A claim that is left ahead. While mails flow and nothing waits, the worker leaves a claim in the database, and the next row that
// comes alone takes it, see CaptureBody.ts: its notice is marked as begun in the row's own transaction. So the mail of a lone row
// waits for no write to the server's disk but the customer's own, and for one statement, which only reads.
//
// One row takes it, and whatever else comes is claimed as ever. It is good for as long as the session that listens is there, and
// for some minutes at most. Where anything is not as it should be, the notice is given back, and claimed as any other. Nothing of
// this is needed: only a lost connection is the monitor's concern.
import { Clock, Duration, Effect, Schedule, type Scope, Semaphore } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomUUID } from "node:crypto"
import { giving, leaving, readingWith, withdrawing } from "./AheadStatement.ts"
import { grace, held, lease, rest } from "./Claim.ts"
import { nothing, type Told, toNotice } from "./ClaimAnswer.ts"
import type { Database } from "./Database.ts"
import { elapsed, elapsedOf } from "./Elapsed.ts"
import { madeAt, nil } from "./NewId.ts"
import { type Claimed, ClaimToken, NoticeId } from "./Notice.ts"
import type { Within } from "./Records.ts"
import { oneText, runner } from "./Repeated.ts"
import { codeOf, orOutage, outageOf } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** Shorter than mails are said to flow after the last one: whoever took it later would find the way to Microsoft cold. */
const good = Duration.toMillis("4 minutes")
/** Then it is left anew, so that there is always one that is good for a while. */
const old = good / 2
/** Milliseconds from the mark until it is read: of the time that the mark is good for nearly all is left then. */
const prompt = 5_000
/** At the end, for a transaction that has taken it and is not over. */
const patience = Duration.seconds(2)
const look = Duration.millis(20)

export interface Ahead {
  /** Of a payload: `ours` says that a row has taken what was left, `theirs` the same of another worker, all else is `news` to a claim. */
  readonly hear: (payload: string) => "news" | "ours" | "theirs"
  /** Whether a row has taken the claim that was left. */
  readonly isTaken: () => boolean
  /** Leaves a claim, unless one is there. */
  readonly leave: Effect.Effect<void, Outage>
  /** The notice that has taken it, begun and with its row; none where it has to be claimed as any other, or nothing may be begun. */
  readonly take: (free: number) => Effect.Effect<Claimed, Outage>
  /** Takes the claim back, or gives back the notice that has taken it. False while the transaction that has is not over. */
  readonly withdraw: Effect.Effect<boolean, Outage>
}

/** Where none is left. */
export const none: Ahead = {
  hear: () => "news",
  isTaken: () => false,
  leave: Effect.void,
  take: () => Effect.succeed(nothing),
  withdraw: Effect.succeed(true)
}

interface Left {
  readonly id: NoticeId
  readonly claim: ClaimToken
  /** See `elapsed`. */
  readonly since: number
}

/** What a worker has left and nobody has taken to be sent, also when its child has been restarted since. */
const unfinished = new WeakMap<Database, Left>()

/** The worker of this database, which watches the tables with these numbers. */
export interface Whose {
  readonly database: Database
  /** The advisory lock that it holds for as long as it listens. */
  readonly session: string
  readonly tables: ReadonlyArray<number>
  readonly within: Within
}

/** Gives back first what was left before a restart. At the end of its scope none is left, and none will be. */
export const make = Effect.fnUntraced(function* ({
  database,
  session,
  tables,
  within
}: Whose): Effect.fn.Return<Ahead, Outage, Scope.Scope | SqlClient> {
  const { name } = database
  const run = yield* runner
  const sql = yield* SqlClient
  const reading = oneText(`ahead\n${within.sql}`, () => readingWith(within.sql))
  const left = () => unfinished.get(database)
  let taken = false
  let planned = false
  let leavesFrom = -Infinity
  const isTaken = () => taken && left() !== undefined
  const forget = () => {
    taken = false
    unfinished.delete(database)
  }

  /** What the server refuses is done without: for a while where somebody holds a table, else until this is made anew. */
  const optional = <A>(statement: Effect.Effect<ReadonlyArray<object>, SqlError>) =>
    statement.pipe(
      Effect.catchIf(isRefusal, (error) => {
        const isHeld = held.has(codeOf(error) ?? "")
        const said = !isHeld && leavesFrom < Infinity ? Effect.logWarning(unable(error)) : Effect.void
        const later = Effect.map(
          elapsed,
          (now) => void (leavesFrom = isHeld ? Math.max(leavesFrom, now + rest) : Infinity)
        )
        return Effect.as(Effect.andThen(said, later), [])
      }),
      orOutage
    ) as Effect.Effect<ReadonlyArray<A>, Outage>

  // One at a time: what is read to be sent may not be given back meanwhile.
  const alone = (yield* Semaphore.make(1)).withPermits(1)
  const giveBack = Effect.gen(function* () {
    const own = left()
    if (own === undefined) return true
    const { claim, id } = own
    const [found] = yield* optional<{ readonly busy: boolean }>(sql.unsafe(withdrawing, [name, id]))
    yield* orOutage(sql.unsafe(giving, [id, claim]))
    if (found?.busy === true) return false
    forget()
    return true
  })
  const withdraw = Effect.uninterruptible(alone(giveBack))
  yield* withdraw
  yield* Effect.addFinalizer(() => {
    leavesFrom = Infinity
    return Effect.interruptible(alone(giveBack)).pipe(
      Effect.repeat({ until: (done) => done, schedule: Schedule.spaced(look) }),
      Effect.timeout(patience),
      Effect.exit
    )
  })

  const leave = Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const since = elapsedOf(clock)
    const before = left()
    if (since < leavesFrom || (before !== undefined && (since - before.since < old || !(yield* giveBack)))) return
    const id = NoticeId.make(madeAt(clock.currentTimeMillisUnsafe()))
    const claim = ClaimToken.make(randomUUID())
    // Before the answer, which may come after the row that takes it, or never.
    unfinished.set(database, { id, claim, since })
    const made = yield* optional(run(leaving, [name, session, id, claim, lease + grace, good]))
    if (made.length === 0) return forget()
    if (planned) return
    planned = true
    // Nobody waits for anything now: the server plans what the next row's mail would wait for.
    yield* optional(run(reading, [nil, nil, tables]))
  })

  const take = Effect.fnUntraced(function* (free: number) {
    const own = left()
    if (own === undefined) return nothing
    const clock = yield* Clock.Clock
    const now = clock.currentTimeMillisUnsafe()
    const asked = elapsedOf(clock)
    const [row] = yield* optional<Taken>(run(reading, [own.id, own.claim, tables]))
    if (row?.fit === true && free > 0 && row.since < prompt) {
      forget()
      const answer = { token: own.claim, now, asked: asked - Math.max(0, row.since) }
      return { ...nothing, notices: [toNotice({ ...row, begun: true, history: null }, own.id, answer, within)] }
    }
    yield* giveBack
    return nothing
  })

  return {
    hear: (payload) => {
      const taker = takerIn(payload)
      if (taker === undefined) return "news"
      if (taker !== left()?.id) return "theirs"
      taken = true
      return "ours"
    },
    isTaken,
    leave: Effect.uninterruptible(alone(leave)),
    take: (free) => alone(take(free)),
    withdraw
  }
})

/** The server answers, and will not do it. */
const isRefusal = (error: SqlError): boolean => held.has(codeOf(error) ?? "") || outageOf(error)?.state !== "waiting"

const unable = (error: SqlError): string =>
  `lone rows are mailed a little later, because no claim can be left ahead (SQLSTATE ${codeOf(error) ?? "none"}): run \`inquiries-mailer migrate\`, and grant the worker's role what \`migrate --grants\` prints`

/** The notice that a payload says has taken a claim; as CaptureBody.ts writes it. In JSON no other quotes could stand so. */
const takerIn = (payload: string): string | undefined => /,"notice":"([-0-9a-f]{36})"\}$/.exec(payload)?.[1]

interface Taken extends Omit<Told, "begun" | "history"> {
  /** Milliseconds since it was begun. */
  readonly since: number
  /** Whether it may be mailed as it is. */
  readonly fit: boolean
}
