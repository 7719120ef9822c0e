// The place where processes meet, in memory and on the test's clock: it can be away, and it can forget.
import { Clock, Effect, Layer } from "effect"
import { type Peer, Store } from "../../src/fleet/Store.ts"
import type { Knowledge, Own } from "../../src/fleet/Units.ts"
import { Outage } from "../../src/State.ts"

const expiryMillis = 6_000

/** Mailboxes by how many databases they have; the databases have their names. */
export const knowing = (digest: string, mailboxes: Readonly<Record<string, ReadonlyArray<string>>>): Own => ({
  digest,
  knowledge: new Map(Object.entries(mailboxes)),
  named: new Map(
    Object.entries(mailboxes).flatMap(([mailbox, databases]) => [
      [mailbox, databases as never],
      ...databases.map((database) => [`${mailbox}:${database}`, [database] as never] as const)
    ])
  )
})

export const meeting = () => {
  const beats = new Map<string, Peer & { readonly at: number }>()
  const said = new Map<string, Knowledge>()
  const taken = new Map<string, string>()
  const place = { away: false, taken, beats }

  const there = <A>(self: (now: number) => A): Effect.Effect<A, Outage> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      place.away
        ? Effect.fail(new Outage({ state: "waiting", reason: "nothing accepts connections" }))
        : Effect.sync(() => self(now))
    )
  const alive = (id: string, now: number): boolean => now - (beats.get(id)?.at ?? -Infinity) < expiryMillis
  const peers = (now: number) => [...beats.values()].filter(({ id }) => alive(id, now))

  const storeOf = (id: string, own: Own) =>
    Layer.succeed(Store, {
      beat: (leaving) =>
        there((now) => {
          beats.set(id, { id, digest: own.digest, leaving, at: now })
          return peers(now)
        }),
      peers: there(peers),
      publish: there(() => void said.set(own.digest, own.knowledge)),
      knowledge: (digest) => there(() => said.get(digest)),
      held: there(() => new Set([...taken].flatMap(([key, owner]) => (owner === id ? [key] : [])))),
      take: (keys, fromDead) =>
        there((now) =>
          keys.filter((key) => {
            const owner = taken.get(key)
            if (owner !== undefined && owner !== id && !(fromDead && !alive(owner, now))) return false
            taken.set(key, id)
            return true
          })
        ),
      give: (keys) => there(() => void keys.forEach((key) => taken.get(key) === id && taken.delete(key))),
      owners: there(() => taken),
      leave: there(() => {
        for (const [key, owner] of taken) if (owner === id) taken.delete(key)
        beats.delete(id)
      })
    })
  return { ...place, place, storeOf }
}
