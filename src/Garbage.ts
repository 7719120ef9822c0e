// How much garbage one process lets pile up. V8 collects when a heap has grown by a good part of itself, which is right for
// a small one. Where very many databases are watched the live part is large, and a row in each of them at the same moment
// leaves as much garbage beside it: there it collects sooner. Nothing depends on it.
import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"

/** Fewer live in little memory anyway, and a burst of one is worked off without collecting all the time. */
const many = 100

export const flagsFor = (databases: number): ReadonlyArray<string> =>
  databases < many ? [] : ["--heap-growing-percent=25"]

/** For a process that watches so many. */
export const bounded = (databases: number): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const flag of flagsFor(databases)) setFlagsFromString(flag)
  })
