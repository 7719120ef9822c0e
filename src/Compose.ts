// The mail of a notice, or why there is none: then surely nothing was sent. For a digest only its begun mark says what it
// tells of, so that it waits for that; a row that is gone or cannot be shown keeps no other from being mailed.
import { Cause, Clock, Data, DateTime, Deferred, Effect, Exit } from "effect"
import { describeCrash } from "./Crash.ts"
import type { Database, Table } from "./Database.ts"
import * as Letter from "./Letter.ts"
import type { Mail } from "./Mailer.ts"
import type { Member, Notice, NoticeId } from "./Notice.ts"
import type { Row } from "./Row.ts"
import type { NotBegun, Postponement, Settlement } from "./Settlement.ts"
import { parkedFor } from "./Settlement.ts"
import type { Outage } from "./State.ts"
import * as Trace from "./Trace.ts"

export class NotComposed extends Data.TaggedError("NotComposed")<{
  readonly decision: Settlement | Postponement
  readonly detail: string
  readonly outage?: Outage
}> {}

/** What a send is made of. */
export interface Content {
  readonly begin: Effect.Effect<void, NotBegun | Outage>
  readonly mail: Effect.Effect<Mail, NotComposed>
  /** Of a digest's members those that its mail tells of, once it is composed. */
  readonly told?: () => ReadonlyArray<NoticeId> | undefined
}

interface Place {
  readonly database: Database
  readonly table: Table
}

const gone = new NotComposed({ decision: { outcome: "gone" }, detail: "the row was deleted before it could be mailed" })

const unread = (outage: Outage) => {
  const detail = `the row could not be read: ${outage.reason}`
  return new NotComposed({ decision: { delay: undefined, spent: false, maybeSent: false, detail }, detail, outage })
}

const unfit = (notice: Notice, cause: Cause.Cause<never>): NotComposed => {
  const detail = `${parkedFor.unfit}${describeCrash(cause)}`
  const parked: Settlement = { outcome: "parked", detail }
  const halves: Postponement = { delay: undefined, spent: true, maybeSent: false, split: true, detail }
  return new NotComposed({ decision: notice.digest === true && !notice.maybeSent ? halves : parked, detail })
}

const rendered = (notice: Notice, write: (date: DateTime.Utc) => Mail): Effect.Effect<Mail, NotComposed> =>
  Trace.span.render(
    Effect.withFiber((fiber) => {
      try {
        return Exit.succeed(write(DateTime.makeUnsafe(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe())))
      } catch (defect) {
        return Exit.fail(unfit(notice, Cause.die(defect)))
      }
    })
  )

/** `fetched` is fetched meanwhile, unless it is there, and undefined when it has been deleted. */
export const single = (
  notice: Notice,
  begin: Content["begin"],
  fetched: Row | Effect.Effect<Row | undefined, Outage>,
  place: Place
): Content => {
  const write = (row: Row) => rendered(notice, (date) => Letter.write(notice, row, place, date))
  return {
    begin: Trace.span.begin(begin),
    mail: Effect.isEffect(fetched)
      ? Effect.flatMap(Effect.mapError(fetched, unread), (row) => (row === undefined ? gone : write(row)))
      : write(fetched)
  }
}

export const digest = (
  notice: Notice,
  begin: Effect.Effect<ReadonlyArray<Member>, NotBegun | Outage>,
  fetch: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, Row>, Outage>,
  place: Place
): Content => {
  const begun = Deferred.makeUnsafe<ReadonlyArray<Member>, NotComposed>()
  let told: ReadonlyArray<NoticeId> | undefined
  return {
    // Whoever waits for it must not wait for ever; what is told then is the failure of `begin`.
    begin: Effect.asVoid(
      Effect.onExit(Trace.span.begin(begin), (exit) =>
        Exit.isSuccess(exit) ? Deferred.succeed(begun, exit.value) : Deferred.fail(begun, gone)
      )
    ),
    mail: Effect.gen(function* () {
      const members = yield* Deferred.await(begun)
      const rows = yield* Effect.mapError(fetch(members.map(({ key }) => key)), unread)
      const there = members.flatMap(({ id, key }) => {
        const row = rows.get(key)
        return row === undefined ? [] : [{ id, row }]
      })
      told = there.map(({ id }) => id)
      if (there.length === 0) return yield* gone
      const shown = there.map(({ row }) => row)
      return yield* rendered(notice, (date) => Letter.writeDigest(notice, shown, place, date))
    }),
    told: () => told
  }
}
