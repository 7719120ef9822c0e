// What a fault is, and one firing of it: begun with a send in flight, held, put right again; then it is looked how long
// the workers took to notice and to heal.
import { Effect, Option, type Scope } from "effect"
import type { Arena, Place } from "./Arena.ts"
import type { Send } from "../stage/GraphSends.ts"
import type { Worker } from "./Worker.ts"

/** One firing, as the judge sees it. Times are milliseconds since 1970. */
export interface Firing {
  readonly fault: string
  readonly databases: ReadonlyArray<string>
  /** The workers whose own fault it is. */
  readonly doors: ReadonlyArray<string>
  readonly from: number
  /** When it was put right. */
  readonly to: number
  /** It counts: a send was in flight when it began, or it hit one. */
  readonly hit: boolean
  readonly noticedMillis: number | undefined
  readonly healedMillis: number | undefined
}

/** Whom a firing strikes. */
export interface Target {
  readonly arena: Arena
  readonly places: ReadonlyArray<Place>
  readonly workers: ReadonlyArray<Worker>
}

export interface Fault {
  readonly name: string
  /** Strikes, holds and puts right; the latter also when it is interrupted. */
  readonly strike: (target: Target) => Effect.Effect<void, never, Scope.Scope>
  /** Whether it needs a send in flight when it begins. */
  readonly inFlight: boolean
  /** The sends that it hit since; without it a firing hits if a send was in flight where one needs to be. */
  readonly hits?: (target: Target, from: number) => ReadonlyArray<Send>
  /** Resolves when everything is well again, with since when. `from` is when it began, `to` when it was put right. */
  readonly healed: (target: Target, from: number, to: number) => Effect.Effect<number>
  /** What a worker says when it notices; undefined where nobody can. */
  readonly noticed: "database" | "mail" | undefined
}

/** A wrong secret may keep a mailbox still for half a minute. */
const patienceForASend = 45_000
const patienceForHealing = 400_000
const tick = 5

/** Resolves when it is so, with when that was. */
export const until = (done: () => boolean, millis = tick) =>
  Effect.gen(function* () {
    while (!done()) yield* Effect.sleep(millis)
    return Date.now()
  })

const flies = ({ arena, places, workers }: Target) => {
  const mailboxes = new Set(places.map(({ mailbox }) => mailbox))
  const doors = new Set(workers.map(({ door }) => door))
  const { sends } = arena.standIn
  for (let index = sends.length - 1; index >= Math.max(0, sends.length - 100); index--) {
    const send = sends[index]
    if (send?.until === undefined && send !== undefined && mailboxes.has(send.mailbox) && doors.has(send.door))
      return true
  }
  return false
}

/** The first that a worker said of this, since then. */
export const firstTrouble = ({ arena, places }: Target, of: "database" | "mail", since: number) => {
  const names = new Set(places.map(({ name }) => name))
  const { troubles } = arena.log
  return troubles.find((trouble) => trouble.of === of && trouble.at >= since && names.has(trouble.database))
}

/** Fires once. Resolves with the firing when it is put right; `later` gets it again when it has healed. */
export const fire = Effect.fn("Fault.fire")(function* (fault: Fault, target: Target, later: (firing: Firing) => void) {
  const { arena, places, workers } = target
  if (fault.inFlight) yield* until(() => flies(target), 1).pipe(Effect.timeoutOption(patienceForASend))
  const inFlight = flies(target)
  const from = Date.now()
  yield* Effect.scoped(fault.strike(target))
  const to = Date.now()
  const names = places.map(({ name }) => name)
  const hits = fault.hits?.(target, from)
  const firing: Firing = {
    ...{ fault: fault.name, databases: names, from, to, noticedMillis: undefined, healedMillis: undefined },
    doors: workers.length === arena.workers.length ? [] : workers.map(({ door }) => door),
    hit: hits === undefined ? inFlight || !fault.inFlight : hits.length > 0
  }
  later(firing)
  const healed = yield* fault.healed(target, from, to).pipe(Effect.timeoutOption(patienceForHealing))
  // What is scripted for a mailbox begins when a send meets it.
  const since = hits?.[0]?.at ?? from
  const trouble = fault.noticed === undefined ? undefined : firstTrouble(target, fault.noticed, since)
  return {
    ...firing,
    noticedMillis: trouble === undefined ? undefined : trouble.at - since,
    healedMillis: Option.match(healed, { onNone: () => undefined, onSome: (at) => Math.max(0, at - to) })
  }
})
