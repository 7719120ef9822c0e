// How much garbage one process lets pile up. V8 collects when a heap has grown by a good part of itself, which is right for
// a small one. Where very many databases are watched the live part is large, and a row in each of them at the same moment
// leaves as much garbage beside it: there it collects sooner. What is left at rest it would look for after some seconds, three
// times, which takes its threads a second, to give back what the next burst takes: there it waits for ten minutes. Nothing depends on it.
import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"

/** Fewer live in little memory anyway, and a burst of one is worked off without collecting all the time. */
const many = 100

export const flagsFor = (databases: number): ReadonlyArray<string> =>
  databases < many ? [] : ["--heap-growing-percent=25", "--gc-memory-reducer-start-delay-ms=600000"]

/** For a process that watches so many. */
export const bounded = (databases: number): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const flag of flagsFor(databases)) setFlagsFromString(flag)
  })
