// Says that something goes wrong once, and again only after it was otherwise: for work that is done over and over, and
// that is tried again by itself.
import { Effect } from "effect"

/** To be told after each turn, why it failed or undefined: an error once when it begins to fail, and a word when it works again. */
export const turning = (fails: (why: string) => string, works: string) => {
  let failing = false
  return (why: string | undefined): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (failing === (why !== undefined)) return Effect.void
      failing = why !== undefined
      return why === undefined ? Effect.logInfo(works) : Effect.logError(fails(why))
    })
}

/** To be told after each turn: undefined if all was well. */
export const make = () => {
  let said: string | undefined
  return (warning: string | undefined): Effect.Effect<void> =>
    Effect.suspend(() => {
      const before = said
      said = warning
      return warning === undefined || warning === before ? Effect.void : Effect.logWarning(warning)
    })
}
