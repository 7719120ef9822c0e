// A claim that is left ahead. While mails flow and nothing waits, the worker leaves a claim in the database, and the next row that
// comes alone takes it, see CaptureBody.ts: its notice is marked as begun in the row's own transaction. So the mail of a lone row
// waits for no write to the server's disk but the customer's own, and for one statement, which only reads.
//
// One row takes it, and whatever else comes is claimed as ever. It is good for as long as the session that listens is there, and
// for some minutes at most. Where anything is not as it should be, the notice is given back, and claimed as any other.
import { Clock, Duration, Effect, Schedule, type Scope, Semaphore } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomUUID } from "node:crypto"
import { leaving, readingWith, withdrawing } from "./AheadStatement.ts"
import { grace, lease } from "./Claim.ts"
import { nothing, type Told, toNotice } from "./ClaimAnswer.ts"
import type { DatabaseName } from "./Database.ts"
import { elapsed, elapsedOf } from "./Elapsed.ts"
import { nil } from "./NewId.ts"
import { type Claimed, ClaimToken, type NoticeId } from "./Notice.ts"
import { Outbox } from "./Outbox.ts"
import type { Within } from "./Records.ts"
import { oneText, type Run, runner } from "./Repeated.ts"
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
/** More than there are workers of one name. */
const few = 16

export interface Ahead {
  /** Hears what was notified. Whether that is news to a claim: not if it is that a row has taken what was left. */
  readonly hear: (payloads: ReadonlyArray<string>) => boolean
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
  hear: () => true,
  isTaken: () => false,
  leave: Effect.void,
  take: () => Effect.succeed(nothing),
  withdraw: Effect.succeed(true)
}

/** The worker of this name, which watches the tables with these numbers. */
export interface Whose {
  readonly name: DatabaseName
  /** The advisory lock that it holds for as long as it listens. */
  readonly session: string
  readonly tables: ReadonlyArray<number>
  readonly within: Within
}

/** At the end of its scope none is left, and none will be. */
export const make = Effect.fnUntraced(function* ({
  name,
  session,
  tables,
  within
}: Whose): Effect.fn.Return<Ahead, never, Outbox | Scope.Scope | SqlClient> {
  const run = yield* runner
  const outbox = yield* Outbox
  const reading = oneText(`ahead\n${within.sql}`, () => readingWith(within.sql))
  /** `since` it is left: see `elapsed`. */
  let left: { readonly id: NoticeId; readonly claim: ClaimToken; readonly since: number } | undefined
  /** Notices that have taken a claim, this worker's or another's; also before it is known which was left. */
  let heard: ReadonlyArray<string> = []
  let planned = false
  let able = true
  /** Mails go out all the same. */
  const unable = (error: SqlError) => {
    able = false
    const why = `no claim can be left ahead (SQLSTATE ${codeOf(error) ?? "none"})`
    const advice = "run `inquiries-mailer migrate`, and grant the worker's role what `migrate --grants` prints"
    return Effect.as(Effect.logWarning(`lone rows are mailed a little later, because ${why}: ${advice}`), [])
  }
  const isTaken = () => left !== undefined && heard.includes(left.id)

  // One at a time: what is read to be sent may not be given back meanwhile.
  const alone = (yield* Semaphore.make(1)).withPermits(1)
  const giveBack = Effect.gen(function* () {
    if (left === undefined) return true
    const { claim, id } = left
    const [answer] = yield* ask<{ readonly busy: boolean }>(run, withdrawing, [name, id])
    if (answer?.busy !== false) return false
    yield* outbox.release([{ id, claim, begun: { asked: 0, taken: false } }])
    left = undefined
    return true
  })
  const withdraw = Effect.uninterruptible(alone(giveBack))
  yield* Effect.addFinalizer(() => {
    able = false
    return withdraw.pipe(
      Effect.repeat({ until: (done) => done, schedule: Schedule.spaced(look) }),
      Effect.interruptible,
      Effect.timeout(patience),
      Effect.exit
    )
  })

  const leave = Effect.gen(function* () {
    const since = yield* elapsed
    if (!able || (left !== undefined && (since - left.since < old || !(yield* giveBack)))) return
    const claim = ClaimToken.make(randomUUID())
    const asked = run(leaving, [name, session, claim, lease + grace, good])
    const [made] = yield* orOutage(Effect.catchIf(asked, refused, unable)) as Effect.Effect<ReadonlyArray<Made>, Outage>
    if (made === undefined) return
    left = { id: made.id, claim, since }
    if (planned) return
    planned = true
    // Nobody waits for anything now: the server plans what the next row's mail would wait for.
    yield* ask(run, reading, [nil, nil, tables])
  })

  const take = Effect.fnUntraced(function* (free: number) {
    if (left === undefined) return nothing
    const { claim, id } = left
    const clock = yield* Clock.Clock
    const now = clock.currentTimeMillisUnsafe()
    const asked = elapsedOf(clock)
    const [row] = yield* ask<Taken>(run, reading, [id, claim, tables])
    if (row?.fit === true && free > 0 && row.since < prompt) {
      left = undefined
      const answer = { token: claim, now, asked: asked - row.since }
      return { ...nothing, notices: [toNotice({ ...row, begun: true, history: null }, id, answer, within)] }
    }
    heard = []
    yield* giveBack
    return nothing
  })

  return {
    hear: (payloads) => {
      let news = false
      for (const payload of payloads) {
        const taker = takerIn(payload)
        if (taker !== undefined) heard = [taker, ...heard].slice(0, few)
        if (taker === undefined || taker !== left?.id) news = true
      }
      return news
    },
    isTaken,
    leave: Effect.uninterruptible(alone(leave)),
    take: (free) => alone(take(free)),
    withdraw
  }
})

/** The server does not want that, today or tomorrow. */
const refused = (error: SqlError): boolean => outageOf(error)?.state !== "waiting"

const ask = <A>(run: Run, text: string, params: ReadonlyArray<unknown>) =>
  orOutage(run(text, params)) as Effect.Effect<ReadonlyArray<A>, Outage>

/** The notice that a payload says has taken a claim; as CaptureBody.ts writes it. In JSON no other quotes could stand so. */
const takerIn = (payload: string): string | undefined => /,"notice":"([-0-9a-f]{36})"\}$/.exec(payload)?.[1]

interface Made {
  readonly id: NoticeId
}

interface Taken extends Omit<Told, "begun" | "history"> {
  /** Milliseconds since it was begun. */
  readonly since: number
  /** Whether it may be mailed as it is. */
  readonly fit: boolean
}
