// Who runs what, as it is shown: of databases only those that this process knows have a name.
import { DateTime } from "effect"
import type { ClusterStatus } from "../StatusDocument.ts"
import type { Peer } from "./Store.ts"
import type { Own } from "./Units.ts"

export interface Look {
  readonly cluster: ClusterStatus
  /** By the name of a database, the worker that runs it. */
  readonly runBy: ReadonlyMap<string, string>
}

export interface Seen {
  /** Of this process; null if it only looks. */
  readonly id: string | null
  readonly own: Own
  readonly peers: ReadonlyArray<Peer>
  /** By what was taken, who has it. */
  readonly owners: ReadonlyMap<string, string>
}

/** Databases for each worker, if all had the same number. */
export const evenShare = (databases: number, peers: ReadonlyArray<Peer>): number =>
  Math.ceil(databases / Math.max(1, peers.filter(({ leaving }) => !leaving).length))

export const of = ({ id, own, owners, peers }: Seen): Look => {
  const runBy = new Map(
    [...own.named].flatMap(([key, names]) => {
      const owner = owners.get(key)
      return owner === undefined ? [] : names.map((name) => [name, owner] as const)
    })
  )
  const names = new Set([...own.named.values()].flat())
  const counts = new Map<string, number>()
  for (const owner of runBy.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  return {
    runBy,
    cluster: {
      self: id,
      storage: "sound",
      reason: null,
      since: null,
      workers: peers
        .map(({ id, leaving }) => ({ id, leaving, databases: counts.get(id) ?? 0 }))
        .toSorted((left, right) => (left.id < right.id ? -1 : 1)),
      share: evenShare(names.size, peers),
      unowned: names.size - runBy.size
    }
  }
}

/** While its database does not answer. */
export const unseen = (
  id: string | null,
  away: { readonly since: DateTime.Utc | undefined; readonly reason: string } | undefined
): Look => ({
  runBy: new Map(),
  cluster: {
    self: id,
    storage: "away",
    reason: away?.reason ?? "it has not answered yet",
    since: away?.since === undefined ? null : DateTime.formatIso(away.since),
    workers: [],
    share: null,
    unowned: null
  }
})
