// The claims of one receipt in all databases that can be asked, in the order of the settings, so that no two replicas wait for
// each other. A database that goes away meanwhile counts as one that could not be asked.
import { type Context, Data, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Database } from "../Database.ts"
import type { Outage } from "../State.ts"
import * as Claim from "./Claim.ts"

export interface Holder {
  readonly database: Database
  readonly context: Context.Context<SqlClient>
}

/** Somebody else holds it by now. */
export class NotOurs extends Data.TaggedError("NotOurs") {}

export type Claimed =
  | { readonly _tag: "Ours"; readonly held: ReadonlyArray<Holder>; readonly begun: boolean }
  | { readonly _tag: "Held" }
  | { readonly _tag: "Sent" }

const at = <A>({ context }: Holder, asking: Effect.Effect<A, Outage, SqlClient>): Effect.Effect<A | undefined> =>
  asking.pipe(
    Effect.provideContext(context),
    Effect.catch(() => Effect.undefined)
  )

export const claim = Effect.fn("Claims.claim")(function* (
  holders: ReadonlyArray<Holder>,
  day: string,
  token: string
): Effect.fn.Return<Claimed> {
  const held: Array<Holder> = []
  let begun = false
  for (const holder of holders) {
    const claimed = yield* at(holder, Claim.claim(holder.database.name, day, token))
    if (claimed === undefined) continue
    if (claimed._tag !== "Ours") {
      yield* release(held, day, token)
      return claimed
    }
    held.push(holder)
    begun ||= claimed.begun
  }
  return { _tag: "Ours", held, begun }
})

/** Without a claim there is nothing to begin. */
export const begin = Effect.fn("Claims.begin")(function* (held: ReadonlyArray<Holder>, day: string, token: string) {
  let begun = 0
  for (const holder of held) {
    const ours = yield* at(holder, Claim.begin(holder.database.name, day, token))
    if (ours === false) return yield* new NotOurs()
    if (ours === true) begun += 1
  }
  if (begun === 0 && held.length > 0) return yield* new NotOurs()
})

/** True when it is written down somewhere, or nowhere to be. */
export const record = Effect.fn("Claims.record")(function* (holders: ReadonlyArray<Holder>, day: string) {
  const recorded = yield* Effect.forEach(holders, (holder) =>
    at(holder, Effect.as(Claim.sent(holder.database.name, day), true))
  )
  return holders.length === 0 || recorded.includes(true)
})

export const release = Effect.fn("Claims.release")(function* (held: ReadonlyArray<Holder>, day: string, token: string) {
  yield* Effect.forEach(held, (holder) => at(holder, Claim.release(holder.database.name, day, token)), {
    discard: true
  })
})
