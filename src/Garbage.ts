// How much garbage one process lets pile up. V8 collects when a heap has grown by a good part of itself, which is right for
// a small one. Where very many databases are watched the live part is large, and a row in each of them at the same moment would
// leave as much garbage beside it: there it collects sooner, and at rest once, not three times. Nothing depends on it.
import { Effect } from "effect"
import { setFlagsFromString } from "node:v8"

/** Fewer live in little memory anyway, and a burst of one is worked off without collecting all the time. */
const many = 100

/** For V8 of this version: an unknown flag would be complained of. */
export const flagsFor = (databases: number, version: string): ReadonlyArray<string> => {
  if (databases < many) return []
  // From Node 22 on it is twice by default, and once has another name.
  const atRest = version.startsWith("11.") ? ["--memory-reducer-single-gc"] : []
  return ["--heap-growing-percent=15", ...atRest]
}

/** For a process that watches so many. */
export const bounded = (databases: number): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const flag of flagsFor(databases, process.versions.v8)) setFlagsFromString(flag)
  })
