// What pages that are open are shown, once for all of them: a card a database, each with the number of its last change.
// Nothing is looked at while nobody watches. States are looked at twice a second, in memory; a database itself is asked no
// more often than its pace allows, few at a time, and not at all while it is away: then its last counts stay, with their time.
import { Cause, Clock, DateTime, Deferred, Duration, Effect, Latch } from "effect"
import { describeCrash } from "../Crash.ts"
import type { Counts, DatabaseStatus } from "../StatusDocument.ts"
import type { Card } from "./Card.ts"

export interface Options {
  /** Without counts. */
  readonly fare: Effect.Effect<ReadonlyArray<DatabaseStatus>>
  /** Null where it cannot be asked. */
  readonly count: (database: string) => Effect.Effect<Counts | null>
  readonly paces: Paces
}

export interface Pace {
  /** Changes whenever something was mailed: then the counts are read again soon. */
  readonly activity: Effect.Effect<number>
  /** Else no more often than this, so that a database that sleeps between polls may go on sleeping. */
  readonly atMostEvery: Duration.Duration
}
export type Paces = ReadonlyMap<string, Pace>

export interface Board {
  /** The cards that changed after that change, and the number of the last one; waits for none. Null: everything. */
  readonly since: (change: number | null) => { readonly change: number; readonly cards: ReadonlyArray<string> }
  /** Ends when there is a later change than this. */
  readonly after: (change: number) => Effect.Effect<void>
  /** Keeps the board up to date for as long as this runs; all there is to see now is there when it begins. */
  readonly watched: <A>(work: Effect.Effect<A>) => Effect.Effect<A>
  /** Something was done to this database here: its counts are read at once. */
  readonly touch: (database: string) => void
}

const glance = Duration.millis(500)
/** For each database, so that 500 of them are asked ten times a second together. */
const share = 100
const soonest = 5_000
const afterActivity = 1_000
const together = 2
/** What a card shows of what was settled last. */
const recent = 5

interface Entry {
  card: Card
  /** As it is told: written once, however many watch. */
  text: string
  change: number
  counts: Counts | null
  countedAt: string | null
  /** It did not answer when it was asked last. */
  silent: boolean
  askedAt: number
  activity: number
  touched: boolean
}

export const make = Effect.fnUntraced(function* ({ count, fare, paces }: Options) {
  const entries = new Map<string, Entry>()
  const watching = Latch.makeUnsafe(false)
  let watchers = 0
  let change = 0
  let news = Deferred.makeUnsafe<void>()

  const look = Effect.map(fare, (statuses) => {
    const next = change + 1
    for (const status of statuses) {
      const known = entries.get(status.name)
      const { counts = null, silent = false } = known ?? {}
      const countedAt = reachable(status) && !silent ? null : (known?.countedAt ?? null)
      const card: Card = { ...status, mailbox: steady(known?.card.mailbox, status.mailbox), counts, countedAt }
      const text = JSON.stringify(card)
      if (known?.text === text) continue
      const unasked = { counts, countedAt, silent, askedAt: -Infinity, activity: 0, touched: false }
      entries.set(status.name, { ...unasked, ...known, card, text, change: next })
      change = next
    }
    if (change !== next) return
    const told = news
    news = Deferred.makeUnsafe()
    Deferred.doneUnsafe(told, Effect.void)
  })

  const ask = Effect.fnUntraced(function* (entry: Entry, activity: number) {
    Object.assign(entry, { askedAt: yield* Clock.currentTimeMillis, activity, touched: false })
    const counts = yield* count(entry.card.name)
    entry.silent = counts === null
    if (counts === null) return
    entry.counts = shown(counts)
    entry.countedAt = DateTime.formatIso(yield* DateTime.now)
  })

  /** Those whose turn it is, who was asked longest ago first. */
  const asking = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const due: Array<readonly [Entry, number]> = []
    for (const entry of entries.values()) {
      if (!reachable(entry.card)) continue
      const pace = paces.get(entry.card.name)
      const activity = pace === undefined ? 0 : yield* pace.activity
      const atMostEvery = pace === undefined ? 0 : Duration.toMillis(pace.atMostEvery)
      const wait = entry.touched ? 0 : activity === entry.activity ? atMostEvery : afterActivity
      const most = entry.touched || activity !== entry.activity ? 0 : Math.max(soonest, share * entries.size)
      if (now - entry.askedAt >= Math.max(wait, most)) due.push([entry, activity])
    }
    const turn = due.toSorted(([a], [b]) => a.askedAt - b.askedAt).slice(0, 8 * together)
    yield* Effect.forEach(turn, ([entry, activity]) => ask(entry, activity), { concurrency: together })
  })

  const round = (work: Effect.Effect<void>, every: Duration.Duration) =>
    watching.await.pipe(
      Effect.andThen(work),
      Effect.catchDefect((defect) => Effect.logError(`the status page crashed: ${describeCrash(Cause.die(defect))}`)),
      Effect.andThen(Effect.sleep(every)),
      Effect.forever,
      Effect.forkScoped
    )
  yield* round(look, glance)
  yield* round(asking, Duration.millis(250))

  const board: Board = {
    since: (seen) => ({
      change,
      cards: [...entries.values()].filter((entry) => seen === null || entry.change > seen).map(({ text }) => text)
    }),
    after: (seen) => Effect.suspend(() => (change > seen ? Effect.void : Deferred.await(news))),
    watched: (work) =>
      Effect.acquireUseRelease(
        Effect.suspend(() => {
          watchers++
          return Effect.andThen(look, watching.open)
        }),
        () => work,
        () => Effect.suspend(() => (--watchers === 0 ? watching.close : Effect.void))
      ),
    touch: (database) => {
      const entry = entries.get(database)
      if (entry !== undefined) entry.touched = true
    }
  }
  return board
})

/** Whole minutes, or each look at a row that waits would be news. */
const shown = ({ oldestWaitingSeconds: oldest, ...counts }: Counts): Counts => ({
  ...counts,
  recent: counts.recent.slice(0, recent),
  oldestWaitingSeconds: oldest === null ? null : Math.floor(oldest / 60) * 60
})

/** A database that is away would only be asked in vain, and keep others waiting. */
const reachable = ({ nextAttempt, state }: DatabaseStatus): boolean =>
  state === "listening" || state === "polling" || state === "paused" || (state === "blocked" && nextAttempt === null)

/** The time of a mailbox's next attempt is reckoned anew at each look, and wavers by milliseconds. */
const steady = (before: Card["mailbox"] | undefined, now: Card["mailbox"]): Card["mailbox"] => {
  if (!before?.nextAttempt || !now?.nextAttempt || before.standing !== now.standing) return now
  const moved = Math.abs(millis(now.nextAttempt) - millis(before.nextAttempt))
  return before.reason === now.reason && moved < 1_000 ? before : now
}

const millis = (iso: string): number => DateTime.toEpochMillis(DateTime.makeUnsafe(iso))
