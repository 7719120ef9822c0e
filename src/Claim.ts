// Claims as the program knows them: what `ClaimStatement` is asked, and what its rows mean.
import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { randomUUID } from "node:crypto"
import * as Answer from "./ClaimAnswer.ts"
import { fresh, statement } from "./ClaimStatement.ts"
import { elapsed, elapsedOf } from "./Elapsed.ts"
import { LowWater } from "./LowWater.ts"
import type { Claimed, ClaimToken } from "./Notice.ts"
import type { Within } from "./Records.ts"
import { oneText, type Run } from "./Repeated.ts"
import { shared } from "./Shares.ts"
import { codeOf, orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** Milliseconds: a claim is good for this long unless renewed. */
export const lease = 30_000
/** A begun notice is left alone for a lease, then for this long again: whoever began it may still be settling. */
export const grace = 30_000

/** At most `limit` are claimed, with 0 it is only planned; for `places` of them a request could be written at once. */
export type Claim = (limit: number, places?: number) => Effect.Effect<Claimed, Outage>

/** What the server says when somebody holds a table whose rows a claim would read. For so long no claim waits for that again. */
export const held = new Set(["55P03", "57014"])
export const rest = 60_000

/**
 * Claims what is due in these tables, a share of each; `only` is one more SQL condition for it. With `within`,
 * what is claimed has its row, and as far as there are places it is also begun: one round trip where there would be three.
 */
export const claim = (run: Run, tables: ReadonlyArray<number>, only = "", within?: Within): Claim => {
  const plain = asking(run, tables, only)
  if (within === undefined) return (limit) => orOutage(plain(limit, 0))
  // Without places, too: a session plans one statement until mails flow, and not two.
  const whole = asking(run, tables, only, within)
  let restsUntil = -Infinity
  return Effect.fnUntraced(function* (limit, places = 0) {
    if ((yield* elapsed) < restsUntil) return yield* orOutage(plain(limit, 0))
    return yield* whole(limit, places).pipe(
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

/** From the cheapest to the one that sees everything. */
type Depth = "fresh" | "usual" | "thorough"

const textOf = (depth: Depth, several: boolean, only: string, row: string | undefined): string =>
  oneText(`${depth}\n${several}\n${only}\n${row}`, () =>
    depth === "fresh" ? fresh(row ?? "", several) : statement(depth, only, row)
  )

const asking = (run: Run, tables: ReadonlyArray<number>, only: string, within?: Within) => {
  const own = new Map<Depth, string>()
  const lowWater = new LowWater(tables.length)
  const several = tables.length > 1
  /** Of the look closer; to be told by the next claim. */
  let untold: SqlError | undefined
  const ask = Effect.fnUntraced(function* (depth: Depth, paramsFor: (token: ClaimToken) => ReadonlyArray<unknown>) {
    const failure = untold
    untold = undefined
    if (failure !== undefined) return yield* failure
    const text = own.get(depth) ?? textOf(depth, several, only, within?.sql)
    own.set(depth, text)
    const clock = yield* Clock.Clock
    // Before the statement: a row then looks older by its way, and never younger than it is; and a mark is as old as this.
    const now = clock.currentTimeMillisUnsafe()
    const asked = elapsedOf(clock)
    const token = randomUUID() as ClaimToken
    const answer: Answer.Answer = { rows: yield* run(text, paramsFor(token)), token, now, asked }
    return answer
  })
  const freshOf = (most: ReadonlyArray<number>) => {
    // As text: of a number the driver makes an integer now and then, which the server would plan anew.
    const marks = lowWater.marks.map(String)
    return ask("fresh", (token) =>
      several ? [tables, most, lease + grace, token, marks] : [tables[0], most[0], lease + grace, token, marks[0]]
    )
  }
  const shareOf = (limit: number) => Math.ceil(limit / tables.length)
  const equally = (depth: "thorough" | "usual", limit: number, places: number) => {
    const begins = Math.floor(places / tables.length)
    return ask(depth, (token) => [tables, shareOf(limit), lease, begins, lease + grace, token])
  }
  const closely = Effect.fnUntraced(function* (limit: number, places: number) {
    const first = yield* equally("usual", limit, places)
    const { begun, claimed, more } = Answer.usually(first)
    if (limit === 0 || !more) return Answer.claimedOf([first], within)
    const closer = equally("thorough", Math.max(1, limit - claimed), Math.max(0, places - begun))
    const all = Effect.map(closer, (second) => Answer.claimedOf([first, second], within))
    // What is claimed already may not be forgotten; the next claim, which comes at once, fails in place of this one.
    const later = (failure: SqlError) => {
      untold = failure
      return Answer.claimedOf([first], within)
    }
    return yield* claimed === 0 ? all : Effect.match(all, { onFailure: later, onSuccess: (both) => both })
  })
  if (tables.length === 0 || only !== "" || within === undefined) return closely
  // Whoever looks at everything does so beside no fresh claim: what is begun already may neither wait for a second statement, nor be
  // forgotten when that fails.
  return Effect.fnUntraced(function* (limit: number, places: number) {
    if (limit >= tables.length && places >= limit && (yield* elapsed) < lowWater.look) {
      const most = shared(limit, lowWater.full)
      const fresh = Answer.freshly(yield* freshOf(most), tables, most, lowWater, within)
      if (fresh.notices.length > 0) return fresh
    }
    const claimed = yield* closely(limit, places)
    if (limit > 0) lowWater.looked(Answer.leftOf(claimed, tables, shareOf(limit)))
    return claimed
  })
}

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
            return seen ? claim(limit, places) : Effect.succeed(Answer.nothing)
          })
    )
}
