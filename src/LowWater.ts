// From where on the index of what is due in one table may hold something. What is settled leaves its entry there until the
// server's next vacuum, and a claim walks over all of them: 0.3 ms for each mail after a burst of 20,000. So a claim begins where
// the last ones have left nothing below. What comes up there all the same, because its transaction was long or somebody put it
// back, is seen within a second: so often one looks at everything.

/** Milliseconds from an INSERT to its commit: who takes no longer is seen by the next claim, whatever came meanwhile. */
const late = 250
/** Milliseconds: for so long nobody need look at everything again. A claim looks as far ahead, see `fresh`. */
const trusted = 1_000

export class LowWater {
  /** By the server's clock, in milliseconds of its epoch. */
  #mark = -Infinity
  /** When everything was looked at, see `elapsed`. */
  #looked = -Infinity

  /** From when on a claim looks that is asked now, see `elapsed`: by the server's clock, -Infinity for everything. */
  from(now: number): number {
    return now - this.#looked < trusted ? this.#mark : -Infinity
  }

  /**
   * A claim that was asked at `now` and looked `from` there has answered: at `asOf` by the server's clock, and in how many
   * milliseconds from then on, or later, the next notice is due that it has left. Says in how many there has to be another claim.
   */
  claimed(now: number, from: number, asOf: number, untilDue: number | null): number | null {
    if (from === -Infinity) this.#looked = now
    this.#mark = asOf + Math.min(untilDue ?? 0, -late)
    if (from === -Infinity) return untilDue
    return Math.min(untilDue ?? trusted, this.#looked + trusted - now)
  }
}
