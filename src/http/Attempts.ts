// Counts failed attempts at the token, by peer. After ten within a minute of the first that peer's next are not even
// compared until the minute is over: the right token would tell whoever guesses that it is right.
import { Clock, Effect } from "effect"

const most = 10
const window = 60_000
/** Peers remembered. Who has more addresses than this gets more attempts, which 16 characters can bear. */
const remembered = 1_000

export interface Attempts {
  /** Milliseconds until the peer may try again; undefined if it may now. */
  readonly barred: (peer: string) => Effect.Effect<number | undefined>
  readonly failed: (peer: string) => Effect.Effect<void>
}

export const make = (): Attempts => {
  const failures = new Map<string, { count: number; readonly until: number }>()
  /** The windows of all are equally long, so the oldest stand first and end first. */
  const forget = (now: number) => {
    for (const [peer, { until }] of failures) {
      if (until > now && failures.size < remembered) return
      failures.delete(peer)
    }
  }
  return {
    barred: (peer) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const known = failures.get(household(peer))
        return known !== undefined && known.count >= most && known.until > now ? known.until - now : undefined
      }),
    failed: (peer) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        forget(now)
        const key = household(peer)
        const known = failures.get(key)
        if (known === undefined) failures.set(key, { count: 1, until: now + window })
        else known.count++
      })
  }
}

/** One IPv6 customer has 2^64 addresses: they count as one. */
const household = (peer: string): string => {
  if (!peer.includes(":") || peer.startsWith("::ffff:")) return peer
  const [head = "", tail] = peer.split("::")
  const groups = head.split(":")
  const last = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => "0")
  return (tail === undefined ? groups : [...groups, ...zeros, ...last]).slice(0, 4).join(":")
}
