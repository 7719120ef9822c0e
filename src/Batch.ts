// One claimed batch: fetch the rows, deliver them side by side, keep the lease alive meanwhile. Whatever ends it early
// waits for the sends that have begun, and gives the rest back.
import { SqlClient } from "effect/sql/SqlClient"
import { Duration, Effect, Exit, Fiber, Latch, Schedule } from "effect"
import type { Description } from "./Catalog.ts"
import type { Watched } from "./Delivery.ts"
import { annotated, deliver, deliverDigest, keyOf } from "./Delivery.ts"
import * as Metrics from "./Metrics.ts"
import type { Claimed, Notice } from "./Notice.ts"
import { Outbox } from "./Outbox.ts"
import * as Records from "./Records.ts"
import type { Row } from "./Row.ts"
import { showTable } from "./Database.ts"
import type { Outage, Self } from "./State.ts"
import * as Trace from "./Trace.ts"

/** A third of the lease. */
const renewal = Schedule.spaced("10 seconds")
/** Four may be in flight to one mailbox; the others are settling or wait for their turn, so that none stands idle. */
const concurrency = 64
/** So many are begun in one turn of the loop: answers are heard in between, and no place stands idle while many mails are put together. */
const aTurn = 4
/** A release that the database does not take is no harm: the lease ends. */
const releaseTimeout = Duration.seconds(2)

export interface Prepared extends Watched {
  readonly description: Description
  /** Absent: the table itself is asked. */
  readonly read?: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, Row>, Outage, SqlClient>
}

/** What is watched, by the table's registered number. */
export type Tables = ReadonlyMap<number, Prepared>

/** Hears of each notice that Microsoft has answered for, or need not be asked, and then that it is in hand no longer. */
interface Told {
  readonly answered: () => void
  readonly done: (settled: boolean) => void
}

/** Delivers all notices of a claim. */
export const deliverAll = Effect.fnUntraced(function* (
  claimed: Claimed,
  tables: Tables,
  self: Self,
  { answered, done }: Told,
  claim?: Trace.Times
) {
  const outbox = yield* Outbox
  for (const notice of claimed.superseded) {
    yield* forTable(tables, notice, (watched) =>
      Effect.logWarning("superseded: a newer row has taken its key and is mailed").pipe(
        annotated(notice, watched),
        Effect.andThen(Metrics.note(Metrics.meter(watched.database, watched.table).outcomes.superseded, 1))
      )
    )
  }
  const { notices } = claimed
  const work = Effect.gen(function* () {
    // Beside the first begun marks.
    const rows = yield* fetching(
      notices.filter((notice) => notice.row === undefined && notice.digest !== true),
      tables
    )
    const deliverOne = (notice: Notice) =>
      forTable(tables, notice, (watched) =>
        (notice.digest === true
          ? digest({ notice, watched, self, answered })
          : deliver({ notice, watched, self, answered }, rows(notice))
        ).pipe(
          Trace.attempt(notice, claim, () => about(notice, watched)),
          Effect.map(done)
        )
      )
    const [only] = notices
    if (only !== undefined && notices.length === 1) return yield* deliverOne(only)
    const others = notices.filter(({ crashes }) => crashes === 0)
    const turn = yield* turns(others.length)
    yield* Effect.forEach(others, (notice, index) => Effect.andThen(turn(index), deliverOne(notice)), {
      concurrency,
      discard: true
    })
    // What may have ended a worker goes last and alone, so that it drags nothing with it; the likeliest culprit at the end.
    const suspects = notices.filter(({ crashes }) => crashes > 0).toSorted((a, b) => a.crashes - b.crashes)
    yield* Effect.forEach(suspects, deliverOne, { discard: true })
  })
  const renewing = outbox
    .renew(notices)
    .pipe(Effect.repeat(renewal), Effect.delay("10 seconds"), Effect.andThen(Effect.never))
  const unbegun = notices.some(({ begun }) => begun === undefined)
  yield* (unbegun ? Effect.raceFirst(work, renewing) : work).pipe(
    Effect.onExit((exit) =>
      Exit.isSuccess(exit)
        ? Effect.void
        : outbox.release(notices).pipe(Effect.interruptible, Effect.timeout(releaseTimeout), Effect.ignore)
    )
  )
})

/** Waits for the turn of one of so many. */
const turns = Effect.fnUntraced(function* (count: number) {
  const later = Array.from({ length: Math.ceil(count / aTurn) - 1 }, () => Latch.makeUnsafe())
  if (later.length > 0) {
    const next = (turn: Latch.Latch) => Effect.andThen(Effect.yieldNow, turn.open)
    yield* Effect.forkChild(Effect.forEach(later, next, { discard: true }))
  }
  return (index: number) => later[Math.floor(index / aTurn) - 1]?.await ?? Effect.void
})

const about = (notice: Notice, watched: Watched) => ({
  [Trace.attributes.database]: watched.database.name,
  [Trace.attributes.table]: showTable(watched.table.name),
  [Trace.attributes.key]: keyOf(notice, watched)
})

/** What gives the row of each notice; those of all are fetched meanwhile, unless the claim has brought them. */
const fetching = Effect.fnUntraced(function* (unread: ReadonlyArray<Notice>, tables: Tables) {
  const fetched =
    unread.length === 0
      ? undefined
      : yield* Effect.forkChild(Trace.timed(fetchAll(unread, tables)), { startImmediately: true })
  return (notice: Notice): Row | Effect.Effect<Row | undefined, Outage> => {
    if (notice.row !== undefined) return notice.row
    if (fetched === undefined) return Effect.undefined
    return Effect.flatMap(Fiber.join(fetched), ([all, times]) =>
      Effect.as(Trace.shared("fetch", times), all.get(notice))
    )
  }
})

const fetchAll = Effect.fnUntraced(function* (notices: ReadonlyArray<Notice>, tables: Tables) {
  const rows = new Map<Notice, Row>()
  for (const [number, { description, read }] of tables) {
    const own = notices.filter((notice) => notice.table === number)
    if (own.length === 0) continue
    const keys = own.map(({ key }) => key)
    const found = yield* read === undefined ? Records.fetch(description, keys) : read(keys)
    for (const notice of own) {
      const row = found.get(notice.key)
      if (row !== undefined) rows.set(notice, row)
    }
  }
  return rows
})

/** Which rows it tells of only its begun mark says. */
const digest = Effect.fnUntraced(function* (delivery: Parameters<typeof deliver>[0] & { readonly watched: Prepared }) {
  const sql = yield* SqlClient
  const fetch = (keys: ReadonlyArray<string>) =>
    Effect.provideService(Records.fetch(delivery.watched.description, keys, Records.brief), SqlClient, sql)
  return yield* deliverDigest(delivery, fetch)
})

/** A claim holds notices of configured tables only. */
const forTable = <A, E, R>(
  tables: Tables,
  { table }: Pick<Notice, "table">,
  use: (watched: Prepared) => Effect.Effect<A, E, R>
): Effect.Effect<A | void, E, R> => {
  const watched = tables.get(table)
  return watched === undefined ? Effect.void : use(watched)
}
