// Claims as the program knows them: what `ClaimStatement` is asked, and what its rows mean.
import { Clock, Duration, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { statement } from "./ClaimStatement.ts"
import { elapsed } from "./Elapsed.ts"
import type { Claimed, ClaimToken, Notice, NoticeId } from "./Notice.ts"
import type { Within } from "./Records.ts"
import { codeOf, orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** Milliseconds: a claim is good for this long unless renewed. */
export const lease = 30_000
/** A begun notice is left alone for a lease, then for this long again: whoever began it may still be settling. */
export const grace = 30_000

/** At most `limit` are claimed, with 0 it is only planned; for `places` of them a request could be written at once. */
export type Claim = (limit: number, places?: number) => Effect.Effect<Claimed, Outage>

/** What the server says when somebody holds a table whose rows a claim would read. For so long no claim waits for that again. */
const held = new Set(["55P03", "57014"])
const rest = 60_000

/**
 * Claims what is due in these tables, an equal share a table; `only` is one more SQL condition for it. With `within`, and
 * as far as there are places, what is claimed is also begun, and has its row: one round trip where there would be three.
 */
export const claim = (sql: SqlClient, tables: ReadonlyArray<number>, only = "", within?: Within): Claim => {
  const plain = asking(sql, tables, written(only))
  if (within === undefined) return (limit) => orOutage(plain(limit, 0))
  // Without places, too: a session plans one statement then, which takes the server 5 ms, and not two.
  const whole = asking(sql, tables, written(only, within.sql), within)
  let restsUntil = -Infinity
  return Effect.fnUntraced(function* (limit, places = 0) {
    if ((yield* elapsed) < restsUntil) return yield* orOutage(plain(limit, 0))
    // A place more than there is, where the tables are many: that notice waits for one as others do.
    const begins = places === 0 ? 0 : Math.max(1, Math.floor(places / tables.length))
    return yield* whole(limit, begins).pipe(
      Effect.catchIf(
        (error) => held.has(codeOf(error) ?? ""),
        () =>
          Effect.flatMap(elapsed, (now) => {
            restsUntil = now + rest
            return plain(limit, 0)
          })
      ),
      orOutage
    )
  })
}

const texts = new Map<string, string>()

/** One text of some kilobytes for all databases whose tables are alike. */
const written = (...of: Parameters<typeof statement>): string => {
  const key = of.join("\n")
  const text = texts.get(key) ?? statement(...of)
  // Of databases that are not alike there is nothing to keep.
  if (texts.size < 16) texts.set(key, text)
  return text
}

const asking = (sql: SqlClient, tables: ReadonlyArray<number>, text: string, within?: Within) =>
  Effect.fnUntraced(function* (limit: number, begins: number) {
    const share = Math.ceil(limit / tables.length)
    // Before the statement: a row then looks older by its way, and never younger than it is; and a mark is as old as this.
    const now = yield* Clock.currentTimeMillis
    const asked = yield* elapsed
    const rows = yield* sql.unsafe<ClaimRow>(text, [tables, share, lease, begins, lease + grace])
    const notices: Array<Notice> = []
    const superseded: Array<Claimed["superseded"][number]> = []
    let untilDue: Duration.Duration | undefined
    let since: string | undefined
    for (const row of rows) {
      if (row.id === null) {
        untilDue = row.untilDue === null ? undefined : Duration.millis(Math.max(0, row.untilDue))
        since = row.pausedSince ?? undefined
      } else if (row.claim === null) superseded.push({ id: row.id, table: row.number, key: row.key ?? "" })
      else notices.push(toNotice(row, row.id, row.claim, now, asked, within))
    }
    const claimed: Claimed = { notices, superseded, untilDue, pausedSince: since }
    return claimed
  })

const nothing: Claimed = { notices: [], superseded: [], untilDue: undefined, pausedSince: undefined }

/**
 * Until something was there for the first time, a claim asks only whether there is: to plan the whole statement costs a session
 * tens of milliseconds, which hundreds of databases need not spend at the same start. Whoever may not claim is told so at once.
 */
export const onceThereIs = (sql: SqlClient, tables: ReadonlyArray<number>, claim: Claim): Claim => {
  let seen = false
  const look = orOutage(sql<{ readonly seen: boolean }>`
    select exists (select from inquiries_mailer.outbox where table_number = any(${tables}::integer[]) and outcome is null)
      or exists (select from inquiries_mailer.pauses)
      or not has_table_privilege('inquiries_mailer.outbox', 'update') as seen`)
  return (limit, places) =>
    Effect.suspend(() =>
      seen || limit === 0
        ? claim(limit, places)
        : Effect.flatMap(look, ([row]) => {
            seen = row?.seen !== false
            return seen ? claim(limit, places) : Effect.succeed(nothing)
          })
    )
}

interface ClaimRow {
  /** Null in the one row that tells `untilDue`. */
  readonly id: NoticeId | null
  /** Null where the notice is superseded. */
  readonly claim: ClaimToken | null
  readonly number: number
  /** Null where the notice is a digest. */
  readonly key: string | null
  readonly attempts: number
  readonly maybeSent: boolean
  readonly looks: number
  readonly crashes: number
  readonly putBack: boolean
  readonly waited: number
  readonly untilDue: number | null
  readonly age: number
  readonly pausedSince: string | null
  readonly begun: boolean
  /** Null where it is not begun, or its row was not to be had on the way. */
  readonly values: Parameters<Within["row"]>[2] | null
  readonly sizes: Parameters<Within["row"]>[3] | null
}

const toNotice = (
  row: ClaimRow,
  id: NoticeId,
  claim: ClaimToken,
  now: number,
  asked: number,
  within: Within | undefined
): Notice => {
  const { attempts, begun, crashes, key, looks, maybeSent, number, putBack, sizes, values, waited } = row
  const read = values === null || sizes === null || key === null ? undefined : within?.row(number, key, values, sizes)
  return {
    ...{ id, claim, table: number, key: key ?? "", attempts, maybeSent, looks, crashes, putBack },
    ...(key === null ? { digest: true } : {}),
    ...(begun ? { begun: { asked, row: read } } : {}),
    waited: Duration.millis(waited),
    createdAt: now - row.age
  }
}
