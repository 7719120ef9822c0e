// Says that something goes wrong once, and again only after it was otherwise: for work that is done over and over, and
// that is tried again by itself.
import { Effect } from "effect"

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
