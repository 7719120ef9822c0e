// From where on the index of what is due in one table may hold something. What is settled leaves its entry there until the
// server's next vacuum, and a claim walks over all of them: 0.3 ms for each mail after a burst of 20,000. So a claim begins where
// the last ones have left nothing below. What comes up there all the same, because its transaction was long or somebody put it
// back, and whatever a claim has passed over, is found by a look at everything, which follows soon.

/** Milliseconds from an INSERT to its commit: who takes no longer is seen by the next claim, whatever came meanwhile. */
const late = 250
/** Milliseconds from the first claim that began at the mark until somebody looks at everything. */
const soon = 250

export class LowWater {
  #mark = -Infinity
  #look = Infinity
  #left = false

  /** Where a claim begins: by the server's clock, in milliseconds of its epoch; -Infinity for everything. */
  get mark(): number {
    return this.#mark
  }

  /** When everything has to be looked at, see `elapsed`. */
  get look(): number {
    return this.#look
  }

  /**
   * A claim that was asked at `now`, see `elapsed`, and began at the mark, is `full`, or has claimed all that it may; `due` is when the
   * last of that was due, by the server's clock. Says in how many milliseconds there has to be another claim.
   */
  claimed(now: number, full: boolean, due: number): number {
    // A claim that is full leaves what was due after it, but the database's times are finer than these.
    this.#mark = due - (full ? 1 : late)
    this.#look = this.#left && !full ? now : Math.min(this.#look, now + soon)
    this.#left = false
    return full ? 0 : Math.max(0, this.#look - now)
  }

  /** Everything was looked at, and something that is due was `left`: by whatever comes first, or else by the next look. */
  looked(left: boolean): void {
    this.#look = Infinity
    this.#left = left
    if (left) this.#mark = -Infinity
  }
}
