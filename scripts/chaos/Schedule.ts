// The seeded schedule: three lanes side by side, of databases, workers and Microsoft, and in a cluster one of where it meets.
// Each lane takes its faults in rounds of random order, until the time is over and each of them has hit sends often enough.
import { Effect, Fiber, Latch, Random, type Scope } from "effect"
import type { Arena, Place } from "./Arena.ts"
import { ofDatabases, ofServer, triggerOff } from "./databaseFaults.ts"
import { type Fault, fire, type Firing } from "./Fault.ts"
import type { Forms } from "./Forms.ts"
import { ofMeeting } from "./Meeting.ts"
import { ofGraph } from "./graphFaults.ts"
import { ofWorkers } from "./workerFaults.ts"

export interface Plan {
  readonly seed: number
  readonly seconds: number
  /** How often each fault has to hit. */
  readonly least: number
  /** Only faults with one of these texts in their name. */
  readonly only: ReadonlyArray<string> | undefined
}

type Strike = readonly [fault: Fault, places: ReadonlyArray<Place>]

/** What strikes at once. */
type Slot = ReadonlyArray<Strike>

interface Lane {
  readonly name: string
  readonly faults: ReadonlyArray<Fault>
  readonly round: (faults: ReadonlyArray<Fault>) => Effect.Effect<ReadonlyArray<Slot>>
  /** Before the next one: until this one has healed, but no longer. */
  readonly patience: number
}

/** A fault that misses so often is given up, and the run fails. */
const misses = 6

export class Firings {
  private readonly all: Array<Firing> = []
  underWay = 0

  get list(): ReadonlyArray<Firing> {
    return this.all
  }
  add(firing: Firing): number {
    return this.all.push(firing) - 1
  }
  replace(index: number, firing: Firing): void {
    this.all[index] = firing
  }
  hits(fault: string): number {
    return this.all.filter((firing) => firing.fault === fault && firing.hit).length
  }
  tries(fault: string): number {
    return this.all.filter((firing) => firing.fault === fault).length
  }
}

const chosen = (faults: ReadonlyArray<Fault>, { only }: Plan) =>
  faults.filter(({ name }) => only === undefined || only.some((text) => name.includes(text)))

const lanesOf = ({ meeting, places }: Arena, forms: Forms, plan: Plan): ReadonlyArray<Lane> => {
  const one = (fault: Fault) =>
    Effect.map(Random.shuffle(places), ([place]): Slot => [[fault, place === undefined ? [] : [place]]])
  const everywhere = (fault: Fault) => Effect.succeed<Slot>([[fault, places]])
  const shuffled = (each: (fault: Fault) => Effect.Effect<Slot>) => (faults: ReadonlyArray<Fault>) =>
    Effect.flatMap(Random.shuffle(faults), Effect.forEach(each))
  // As many faults at once as there are databases, each in another one; the server's own strike all of them.
  const ofDatabase = Effect.fnUntraced(function* (faults: ReadonlyArray<Fault>) {
    const single = yield* Random.shuffle(faults.filter((fault) => !ofServer.includes(fault)))
    const slots: Array<Slot> = yield* Effect.forEach(
      faults.filter((fault) => ofServer.includes(fault)),
      everywhere
    )
    for (let first = 0; first < single.length; first += places.length) {
      const order = yield* Random.shuffle(places)
      slots.push(
        single.slice(first, first + places.length).map((fault, index) => [fault, order.slice(index, index + 1)])
      )
    }
    return yield* Random.shuffle(slots)
  })
  return [
    {
      ...{ name: "databases", round: ofDatabase, patience: 12_000 },
      faults: chosen([...ofDatabases, triggerOff(forms), ...ofServer], plan)
    },
    { name: "workers", round: shuffled(everywhere), faults: chosen(ofWorkers, plan), patience: 5_000 },
    { name: "Microsoft", round: shuffled(one), faults: chosen(ofGraph, plan), patience: 3_000 },
    ...(meeting === undefined
      ? []
      : [{ name: "cluster", round: shuffled(everywhere), faults: chosen(ofMeeting(meeting), plan), patience: 12_000 }])
  ]
}

export const names = (arena: Arena, forms: Forms, plan: Plan): ReadonlyArray<string> =>
  lanesOf(arena, forms, plan).flatMap(({ faults }) => faults.map(({ name }) => name))

/** Runs all lanes to their end. Healing goes on until the scope closes. */
export const run = Effect.fn("Schedule.run")(function* (arena: Arena, forms: Forms, plan: Plan, firings: Firings) {
  const deadline = Date.now() + plan.seconds * 1000

  const strike = Effect.fnUntraced(function* (lane: Lane, [fault, places]: Strike) {
    const worker = lane.name === "workers" ? (yield* Random.shuffle(arena.workers)).slice(0, 1) : arena.workers
    const right = yield* Latch.make(false)
    let index = -1
    firings.underWay++
    const firing = fire(fault, { arena, places, workers: worker }, (firing) => {
      index = firings.add(firing)
      right.openUnsafe()
    }).pipe(
      Effect.tap((firing) => Effect.sync(() => firings.replace(index, firing))),
      Effect.ensuring(Effect.sync(() => firings.underWay--))
    )
    const healing = yield* Effect.forkScoped(firing)
    yield* Effect.raceFirst(right.await, Fiber.join(healing))
    yield* Fiber.join(healing).pipe(Effect.timeoutOption(lane.patience))
  })

  const drive = Effect.fnUntraced(function* (lane: Lane) {
    const isNeeded = ({ name }: Fault) =>
      Date.now() < deadline || (firings.hits(name) < plan.least && firings.tries(name) < plan.least + misses)
    while (lane.faults.some(isNeeded)) {
      for (const slot of yield* lane.round(lane.faults.filter(isNeeded))) {
        const needed = slot.filter(([fault]) => isNeeded(fault))
        yield* Effect.forEach(needed, (one) => strike(lane, one), { concurrency: "unbounded", discard: true })
      }
    }
  })

  const lanes: ReadonlyArray<Effect.Effect<void, never, Scope.Scope>> = lanesOf(arena, forms, plan).map((lane) =>
    drive(lane).pipe(Random.withSeed(`${plan.seed} ${lane.name}`))
  )
  yield* Effect.all(lanes, { concurrency: "unbounded", discard: true })
})
