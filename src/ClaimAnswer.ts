// What the statements of a claim answer, as the program knows it.
import { Duration } from "effect"
import type { LowWater } from "./LowWater.ts"
import type { Claimed, ClaimToken, Notice, NoticeId } from "./Notice.ts"
import type { Within } from "./Records.ts"

/** Of one statement. */
export interface Answer {
  readonly rows: ReadonlyArray<object>
  readonly token: ClaimToken
  /** Before it was asked: by the wall, and see `elapsed`. */
  readonly now: number
  readonly asked: number
}

interface FreshRow {
  readonly id: NoticeId
  readonly number: number
  readonly key: string
  readonly age: number
  /** Null where its row was not to be had on the way. */
  readonly values: Parameters<Within["row"]>[2] | null
  readonly sizes: Parameters<Within["row"]>[3] | null
  /** Milliseconds of the server's epoch. */
  readonly due: number
}

interface ClaimRow extends Omit<FreshRow, "due" | "id" | "key"> {
  readonly untilDue: number | null
  /** Null in the one row that tells `untilDue`. */
  readonly id: NoticeId | null
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

/** What a `fresh` claim has claimed of these tables, so many of each at `most`. With none it does not say what is due. */
export const freshly = (
  answer: Answer,
  tables: ReadonlyArray<number>,
  most: ReadonlyArray<number>,
  lowWater: LowWater,
  within: Within | undefined
): Claimed => {
  const rows = answer.rows as ReadonlyArray<FreshRow>
  if (rows.length === 0) return nothing
  const ofEach = tables.map((table) => rows.filter(({ number }) => number === table))
  const taken = ofEach.map((own, at) => ({
    count: own.length,
    full: own.length === most[at],
    due: own.reduce((latest, { due }) => Math.max(latest, due), -Infinity)
  }))
  const notices = interleaved(ofEach).map(({ age, id, key, number, sizes, values }) =>
    toNotice({ number, key, begun: true, age, history: null, values, sizes }, id, answer, within)
  )
  return { ...nothing, notices, untilDue: Duration.millis(lowWater.claimed(answer.asked, taken)) }
}

/** The first of each table, then the second of each. */
const interleaved = <A>(ofEach: ReadonlyArray<ReadonlyArray<A>>): ReadonlyArray<A> => {
  const [only, another] = ofEach
  if (only !== undefined && another === undefined) return only
  const most = Math.max(...ofEach.map(({ length }) => length))
  return Array.from({ length: most }, (_, turn) => ofEach.flatMap((own) => own.slice(turn, turn + 1))).flat()
}

/** Whether a `usual` claim has left something to a `thorough` one; how many it has claimed, and begun. */
export const usually = ({ rows }: Answer) => {
  const claimed = (rows as ReadonlyArray<ClaimRow>).filter(({ turn }) => turn !== null)
  return {
    more: (rows as ReadonlyArray<ClaimRow>).some(({ more }) => more === true),
    claimed: claimed.length,
    begun: claimed.filter(({ begun }) => begun).length
  }
}

/** What these statements have claimed; the last one knows what else there is. */
export const claimedOf = (answers: ReadonlyArray<Answer>, within: Within | undefined): Claimed => {
  const notices: Array<Notice> = []
  const superseded: Array<Claimed["superseded"][number]> = []
  let untilDue: Duration.Duration | undefined
  let pausedSince: string | undefined
  const rows = answers.flatMap((answer) =>
    (answer.rows as ReadonlyArray<ClaimRow>).map((row) => [row, answer] as const)
  )
  for (const [row, answer] of rows.toSorted(inTurn)) {
    const { id } = row
    if (id === null) {
      if (answer !== answers.at(-1)) continue
      untilDue = durationOf(row.untilDue)
      pausedSince = row.pausedSince ?? undefined
    } else if (row.turn === null) superseded.push({ id, table: row.number, key: row.key ?? "" })
    else notices.push(toNotice(row, id, answer, within))
  }
  return { notices, superseded, untilDue, pausedSince }
}

/**
 * Of which tables a claim of at most `share` of each has left something that is due: those of which it has so many; all where it has
 * that of none, because somebody else holds what is due.
 */
export const leftOf = (
  { notices, superseded, untilDue }: Claimed,
  tables: ReadonlyArray<number>,
  share: number
): ReadonlyArray<boolean> => {
  if (untilDue === undefined || !Duration.isZero(untilDue)) return tables.map(() => false)
  const acted = [...notices, ...superseded]
  const full = tables.map((number) => acted.filter(({ table }) => table === number).length >= share)
  return full.includes(true) ? full : tables.map(() => true)
}

export const nothing: Claimed = { notices: [], superseded: [], untilDue: undefined, pausedSince: undefined }

/** As its turn comes: the first of each table, then the second of each. */
const inTurn = ([a]: readonly [ClaimRow, Answer], [b]: readonly [ClaimRow, Answer]): number =>
  (a.turn ?? 0) - (b.turn ?? 0) || a.number - b.number

const untouched = [0, 0, 0, 0, 0, 0] as const

export type Told = Pick<ClaimRow, "age" | "begun" | "history" | "key" | "number" | "sizes" | "values">

export const toNotice = (
  row: Told,
  id: NoticeId,
  { asked, now, token }: Omit<Answer, "rows">,
  within: Within | undefined
): Notice => {
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
