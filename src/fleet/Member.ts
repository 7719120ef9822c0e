// This process as one of many: what it runs, from one turn to the next. A turn says that it is there, sees who is, takes
// what it is to run and gives what somebody else is to run, as soon as that has ended here.
import { Clock, Duration, Effect } from "effect"
import type { DatabaseName } from "../Database.ts"
import type { Outage } from "../State.ts"
import * as Gauges from "./Gauges.ts"
import { evenShare } from "./Look.ts"
import { plan } from "./Plan.ts"
import type { Slots } from "./Slots.ts"
import type { Peer, Store } from "./Store.ts"
import { turn, type View } from "./Turn.ts"
import type { Knowledge, Own } from "./Units.ts"

/** A process that ends waits so long for its sends before others take over: what they send are other notices. */
const handover = Duration.seconds(2)

export interface Options {
  /** Of this process. */
  readonly id: string
  readonly own: Own
  /** Who was not heard of for so long is gone. */
  readonly expiry: Duration.Duration
}

export const make = ({ expiry, id, own }: Options, slots: Slots) => {
  const names = new Set([...own.named.values()].flat())
  const known = new Map<string, Knowledge>([[own.digest, own.knowledge]])
  let leavingSince: number | undefined
  let runs: ReadonlySet<string> = new Set()
  let peers: ReadonlyArray<Peer> = []
  let planned: { readonly of: string; readonly mine: ReadonlySet<string> } | undefined
  let unsteady: "new" | "recovering" = "new"
  let soundSince: number | undefined
  let last: number | undefined

  const named = (keys: Iterable<string>): ReadonlySet<DatabaseName> =>
    new Set([...keys].flatMap((key) => own.named.get(key) ?? []))

  /** Planned anew when somebody came or went. */
  const mine = Effect.fnUntraced(function* (store: Store["Service"]) {
    const staying = peers.filter(({ leaving }) => !leaving).toSorted((left, right) => (left.id < right.id ? -1 : 1))
    const of = staying.map(({ digest, id }) => `${id} ${digest}`).join("\n")
    if (planned?.of === of) return planned.mine
    for (const { digest } of staying) {
      const knowledge = known.has(digest) ? undefined : yield* store.knowledge(digest)
      if (knowledge !== undefined) known.set(digest, knowledge)
    }
    const members = staying.flatMap(({ digest, id }) => {
      const knows = known.get(digest)
      return knows === undefined ? [] : [{ id, knows }]
    })
    const mine = new Set([...plan(members)].flatMap(([key, member]) => (member === id ? [key] : [])))
    // Whoever has not said yet what it knows is asked again.
    planned = members.length === staying.length ? { of, mine } : undefined
    return mine
  })

  const phaseAt = (now: number): View["phase"] => {
    if (leavingSince !== undefined) return "leaving"
    // A process that was frozen has heard of nobody either.
    if (last !== undefined && now - last > Duration.toMillis(expiry)) [unsteady, soundSince] = ["recovering", now]
    soundSince ??= now
    return now - soundSince > Duration.toMillis(expiry) ? "steady" : unsteady
  }

  const measure = (sound: boolean) =>
    Gauges.set({
      ...{ databases: named(runs).size, workers: peers.length, share: evenShare(names.size, peers), sound }
    })

  const run = Effect.fnUntraced(function* (keys: ReadonlySet<string>) {
    const [before, after] = [named(runs), named(keys)]
    runs = keys
    slots.assign(after)
    const came = [...after].filter((name) => !before.has(name)).length
    const went = [...before].filter((name) => !after.has(name)).length
    if (came + went === 0) return
    const workers = peers.map((peer) => peer.id).join(", ")
    yield* Effect.logInfo(`runs ${after.size} of ${names.size} databases: ${came} more, ${went} fewer`).pipe(
      Effect.annotateLogs({ worker: id, workers })
    )
  })

  return {
    /** The first only says that this process is there: others may start, too. */
    turn: Effect.fnUntraced(function* (store: Store["Service"]): Effect.fn.Return<void, Outage> {
      const phase = phaseAt(yield* Clock.currentTimeMillis)
      peers = yield* store.beat(phase === "leaving")
      const held = yield* store.held
      const { fromDead, stop, take } = turn({ runs, held, phase, planned: yield* mine(store) })
      const taken = last === undefined ? [] : yield* store.take(take, fromDead)
      const has = [...held, ...taken]
      if (phase !== "leaving") yield* run(new Set(has.filter((key) => !stop.has(key))))
      const now = yield* Clock.currentTimeMillis
      const late = leavingSince !== undefined && now - leavingSince >= Duration.toMillis(handover)
      const ended = (key: string) => late || (own.named.get(key) ?? []).every((name) => !slots.isRunning(name))
      yield* store.give(has.filter((key) => (phase === "leaving" || stop.has(key)) && ended(key)))
      if (last !== undefined) slots.hear()
      last = now
      yield* measure(true)
    }),
    /** What has changed hands meanwhile is not known: for a while nobody counts as gone. */
    failed: Effect.suspend(() => {
      if (last !== undefined) unsteady = "recovering"
      soundSince = undefined
      return measure(false)
    }),
    leave: Effect.map(Clock.currentTimeMillis, (now) => void (leavingSince ??= now)),
    /** A turn was made. */
    isKnown: () => last !== undefined,
    peers: () => peers
  }
}
