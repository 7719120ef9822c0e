// What the statements of a claim answer, as the program knows it.
import { Duration } from "effect"
import type { Claimed, ClaimToken, Notice, NoticeId } from "./Notice.ts"
import type { Within } from "./Records.ts"

export interface Answer extends Claimed {
  /** Of each notice: its place among what is due in its table. */
  readonly turns: ReadonlyArray<number>
  /** There may be something to claim that the statement has passed over, and the next depth does not. */
  readonly more: boolean
}

/** Of a claim, before its statement. */
export interface Asked {
  /** By the wall. */
  readonly now: number
  /** See `elapsed`. */
  readonly elapsed: number
  readonly token: ClaimToken
}

interface FreshRow {
  readonly id: NoticeId
  readonly key: string
  readonly age: number
  /** Null where its row was not to be had on the way. */
  readonly values: Parameters<Within["row"]>[2] | null
  readonly sizes: Parameters<Within["row"]>[3] | null
  readonly untilDue: number | null
}

interface ClaimRow extends Omit<FreshRow, "id" | "key"> {
  /** Null in the one row that tells `untilDue`. */
  readonly id: NoticeId | null
  readonly number: number
  /** Null where the notice is a digest. */
  readonly key: string | null
  /** Its place among what is due in its table; null where the notice is superseded. */
  readonly turn: number | null
  readonly begun: boolean
  /** Attempts, whether it may have been sent, looks, crashes, whether it was put back, milliseconds waited. */
  readonly history: readonly [number, number, number, number, number, number] | null
  readonly pausedSince: string | null
  readonly more: boolean | null
}

const durationOf = (millis: number | null): Duration.Duration | undefined =>
  millis === null ? undefined : Duration.millis(Math.max(0, millis))

/** Of a `fresh` claim for `limit` notices of this table. With none it does not say what else is due. */
export const ofFresh = (
  rows: ReadonlyArray<object>,
  limit: number,
  table: number,
  asked: Asked,
  within: Within | undefined
): Answer => {
  const claimed = rows as ReadonlyArray<FreshRow>
  const untilDue = durationOf(claimed[0]?.untilDue ?? null)
  const notices = claimed.map((row) => toNotice(row, row.id, table, row.key, true, untouched, asked, within))
  const more = notices.length < limit && untilDue !== undefined && Duration.isZero(untilDue)
  return { notices, turns: [], superseded: [], untilDue, pausedSince: undefined, more }
}

/** Of a claim of any other depth. */
export const of = (rows: ReadonlyArray<object>, asked: Asked, within: Within | undefined): Answer => {
  const notices: Array<Notice> = []
  const turns: Array<number> = []
  const superseded: Array<Claimed["superseded"][number]> = []
  let last: ClaimRow | undefined
  for (const row of (rows as ReadonlyArray<ClaimRow>).toSorted(inTurn)) {
    const { begun, history, id, key, number } = row
    if (id === null) last = row
    else if (row.turn === null) superseded.push({ id, table: number, key: key ?? "" })
    else {
      notices.push(toNotice(row, id, number, key, begun, history ?? untouched, asked, within))
      turns.push(row.turn)
    }
  }
  const [untilDue, pausedSince] = [durationOf(last?.untilDue ?? null), last?.pausedSince ?? undefined]
  return { notices, turns, superseded, untilDue, pausedSince, more: last?.more === true }
}

/** What both have claimed, as if it were one answer; the second one knows what else there is. */
export const together = (first: Answer, second: Answer): Claimed => {
  const turnOf = new Map<Notice, number>()
  for (const { notices, turns } of [first, second]) {
    for (const [index, notice] of notices.entries()) turnOf.set(notice, turns[index] ?? 0)
  }
  const inTurn = [...turnOf].toSorted(([a, of], [b, than]) => of - than || a.table - b.table)
  return {
    notices: inTurn.map(([notice]) => notice),
    superseded: [...first.superseded, ...second.superseded],
    untilDue: second.untilDue,
    pausedSince: second.pausedSince
  }
}

export const nothing: Claimed = { notices: [], superseded: [], untilDue: undefined, pausedSince: undefined }

/** As its turn comes: the first of each table, then the second of each. */
const inTurn = (a: ClaimRow, b: ClaimRow): number => (a.turn ?? 0) - (b.turn ?? 0) || a.number - b.number

const untouched = [0, 0, 0, 0, 0, 0] as const

const toNotice = (
  { age, sizes, values }: Pick<FreshRow, "age" | "sizes" | "values">,
  id: NoticeId,
  table: number,
  key: string | null,
  begun: boolean,
  [attempts, maybeSent, looks, crashes, putBack, waited]: NonNullable<ClaimRow["history"]>,
  { elapsed, now, token }: Asked,
  within: Within | undefined
): Notice => ({
  // Field by field: an object that is spread from others is made among what is old.
  id,
  claim: token,
  table,
  key: key ?? "",
  attempts,
  waited: Duration.millis(waited),
  maybeSent: maybeSent !== 0,
  looks,
  crashes,
  createdAt: now - age,
  putBack: putBack !== 0,
  digest: key === null,
  begun: begun ? { asked: elapsed, taken: false } : undefined,
  row: values === null || sizes === null || key === null ? undefined : within?.row(table, key, values, sizes)
})
