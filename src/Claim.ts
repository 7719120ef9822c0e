// Claims as the program knows them: what `ClaimStatement` is asked, and what its rows mean.
import { Clock, Duration, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import { statement } from "./ClaimStatement.ts"
import { elapsed, elapsedOf } from "./Elapsed.ts"
import type { Claimed, ClaimToken, Notice, NoticeId } from "./Notice.ts"
import type { Within } from "./Records.ts"
import type { Run } from "./Repeated.ts"
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
 * Claims what is due in these tables, an equal share a table; `only` is one more SQL condition for it. With `within`,
 * what is claimed has its row, and as far as there are places it is also begun: one round trip where there would be three.
 */
export const claim = (run: Run, tables: ReadonlyArray<number>, only = "", within?: Within): Claim => {
  const plain = asking(run, tables, only)
  if (within === undefined) return (limit) => orOutage(plain(limit, 0))
  // Without places, too: a session plans one statement then, which takes the server 5 ms, and not two.
  const whole = asking(run, tables, only, within)
  let restsUntil = -Infinity
  return Effect.fnUntraced(function* (limit, places = 0) {
    if ((yield* elapsed) < restsUntil) return yield* orOutage(plain(limit, 0))
    const begins = Math.floor(places / tables.length)
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
const textOf = (...of: Parameters<typeof statement>): string => {
  const key = of.join("\n")
  const text = texts.get(key) ?? statement(...of)
  // Of databases that are not alike there is nothing to keep.
  if (texts.size < 16) texts.set(key, text)
  return text
}

const asking = (run: Run, tables: ReadonlyArray<number>, only: string, within?: Within) => {
  const usual = textOf("usual", only, within?.sql)
  const thorough = () => textOf("thorough", only, within?.sql)
  const ask = Effect.fnUntraced(function* (text: string, limit: number, begins: number) {
    const share = Math.ceil(limit / tables.length)
    const clock = yield* Clock.Clock
    // Before the statement: a row then looks older by its way, and never younger than it is; and a mark is as old as this.
    const now = clock.currentTimeMillisUnsafe()
    const asked = elapsedOf(clock)
    const token = randomUUID() as ClaimToken
    const rows = yield* run(text, [tables, share, lease, begins, lease + grace, token])
    const answer: Answer = { rows: rows as ReadonlyArray<ClaimRow>, token, now, asked }
    return answer
  })
  return Effect.fnUntraced(function* (limit: number, begins: number) {
    const first = yield* ask(usual, limit, begins)
    if (limit === 0 || !first.rows.some(({ more }) => more === true)) return claimedOf([first], within)
    const claimed = first.rows.filter(({ turn }) => turn !== null)
    const begun = claimed.filter(({ begun }) => begun)
    const second = yield* ask(thorough(), Math.max(1, limit - claimed.length), Math.max(0, begins - begun.length))
    return claimedOf([first, second], within)
  })
}

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
  readonly number: number
  /** Null where the notice is a digest. */
  readonly key: string | null
  /** Its place among what is due in its table; null where the notice is superseded. */
  readonly turn: number | null
  readonly begun: boolean
  readonly age: number
  /** Attempts, whether it may have been sent, looks, crashes, whether it was put back, milliseconds waited. */
  readonly history: readonly [number, number, number, number, number, number] | null
  /** Null where its row was not to be had on the way. */
  readonly values: Parameters<Within["row"]>[2] | null
  readonly sizes: Parameters<Within["row"]>[3] | null
  readonly untilDue: number | null
  readonly pausedSince: string | null
  readonly more: boolean | null
}

/** Of one statement. */
interface Answer {
  readonly rows: ReadonlyArray<ClaimRow>
  readonly token: ClaimToken
  /** Before it was asked: by the wall, and see `elapsed`. */
  readonly now: number
  readonly asked: number
}

/** As its turn comes: the first of each table, then the second of each. */
const inTurn = ([a]: readonly [ClaimRow, Answer], [b]: readonly [ClaimRow, Answer]): number =>
  (a.turn ?? 0) - (b.turn ?? 0) || a.number - b.number

/** What these statements have claimed; the last one knows what else there is. */
const claimedOf = (answers: ReadonlyArray<Answer>, within: Within | undefined): Claimed => {
  const notices: Array<Notice> = []
  const superseded: Array<Claimed["superseded"][number]> = []
  let untilDue: Duration.Duration | undefined
  let pausedSince: string | undefined
  const rows = answers.flatMap((answer) => answer.rows.map((row) => [row, answer] as const))
  for (const [row, answer] of rows.toSorted(inTurn)) {
    const { id } = row
    if (id === null) {
      if (answer !== answers.at(-1)) continue
      untilDue = row.untilDue === null ? undefined : Duration.millis(Math.max(0, row.untilDue))
      pausedSince = row.pausedSince ?? undefined
    } else if (row.turn === null) superseded.push({ id, table: row.number, key: row.key ?? "" })
    else notices.push(toNotice(row, id, answer, within))
  }
  return { notices, superseded, untilDue, pausedSince }
}

const untouched = [0, 0, 0, 0, 0, 0] as const

const toNotice = (row: ClaimRow, id: NoticeId, { asked, now, token }: Answer, within: Within | undefined): Notice => {
  const { begun, key, number, sizes, values } = row
  const [attempts, maybeSent, looks, crashes, putBack, waited] = row.history ?? untouched
  const read = values === null || sizes === null || key === null ? undefined : within?.row(number, key, values, sizes)
  // Field by field: an object that is spread from others is made among what is old.
  return {
    id,
    claim: token,
    table: number,
    key: key ?? "",
    attempts,
    waited: Duration.millis(waited),
    maybeSent: maybeSent !== 0,
    looks,
    crashes,
    createdAt: now - row.age,
    putBack: putBack !== 0,
    digest: key === null,
    begun: begun ? { asked, taken: false } : undefined,
    row: read
  }
}
