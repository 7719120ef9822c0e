// The cluster on PostgreSQL. What speaks to it is loaded only where there is a cluster: nobody else waits for it.
import { Effect, type Layer, Option, Random } from "effect"
import type { Address, Database } from "../Database.ts"
import type { Outage } from "../State.ts"
import * as Look from "./Look.ts"
import { Store } from "./Store.ts"
import * as Units from "./Units.ts"

export interface Cluster {
  readonly address: Address
  /** What people know this process by; others may have the same name. */
  readonly name: string
}

/** What a process of the cluster is made of. */
export const open = Effect.fn("fleet.open")(function* (databases: ReadonlyArray<Database>, { address, name }: Cluster) {
  const sql = yield* Effect.promise(() => import("./SqlStore.ts"))
  const own = Units.of(databases)
  // Drawn at each start: whatever is left of an earlier process is not taken for this one's.
  const self = { name, start: yield* Random.nextIntBetween(1, 0x7fff_ffff), own }
  const store: Layer.Layer<Store, Outage> = sql.layer(address, self)
  return { id: sql.idOf(self), own, store, expiry: sql.expiry }
})

/** Who runs what, for somebody who is not part of it. */
export const look = Effect.fn("fleet.look")(function* (databases: ReadonlyArray<Database>, cluster: Cluster) {
  const { own, store } = yield* open(databases, cluster)
  return yield* Store.use(({ owners, peers }) => Effect.all({ owners, peers })).pipe(
    Effect.map((seen) => Look.of({ id: null, own, ...seen })),
    Effect.provide(store),
    Effect.timeoutOption("10 seconds"),
    Effect.map(Option.getOrElse(() => Look.unseen(null, undefined))),
    Effect.catch(({ reason }) => Effect.succeed(Look.unseen(null, { since: undefined, reason })))
  )
}, Effect.scoped)
