// From where on the index of what is due in each table may hold something. What is settled leaves its entry there until the
// server's next vacuum, and a claim walks over all of them: 0.3 ms for each mail after a burst of 20,000. So a claim begins where
// the last ones have left nothing below. What comes up there all the same, because its transaction was long or somebody put it
// back, and whatever a claim has passed over, is found by a look at everything, which follows soon.
import { few } from "./Shares.ts"

/** Milliseconds from an INSERT to its commit: who takes no longer is seen by the next claim, whatever came meanwhile. */
const late = 250
/** Milliseconds from the first claim that began at the marks until somebody looks at everything. */
const soon = 250

/** What was claimed of a table. */
export interface Taken {
  readonly count: number
  /** As many as it might: there may be more. */
  readonly full: boolean
  /** When the last of them was due, by the server's clock, in milliseconds of its epoch. */
  readonly due: number
}

export class LowWater {
  #marks: ReadonlyArray<number>
  #full: ReadonlyArray<boolean>
  #left: ReadonlyArray<boolean>
  #look = Infinity

  constructor(tables: number) {
    this.#marks = Array.from({ length: tables }, () => -Infinity)
    this.#full = this.#left = this.#marks.map(() => false)
  }

  /** Where a claim of each table begins: by the server's clock, in milliseconds of its epoch; -Infinity for everything. */
  get marks(): ReadonlyArray<number> {
    return this.#marks
  }

  /** Of which tables the last claim has taken as many as it might. */
  get full(): ReadonlyArray<boolean> {
    return this.#full
  }

  /** When everything has to be looked at, see `elapsed`. */
  get look(): number {
    return this.#look
  }

  /**
   * A claim that was asked at `now`, see `elapsed`, and began at the marks, has `taken` this of each table. Says in how many
   * milliseconds there has to be another claim.
   */
  claimed(now: number, taken: ReadonlyArray<Taken>): number {
    this.#full = taken.map(({ full }) => full)
    // A claim that is full leaves what was due after it, but the database's times are finer than these.
    this.#marks = this.#marks.map((mark, at) => markAfter(mark, taken[at]))
    // What a look has left of a table is not fresh where this claim could not fill its share with it: only another look takes that.
    const passedOver = this.#left.some((left, at) => left && this.#full[at] !== true)
    this.#look = passedOver ? now : Math.min(this.#look, now + soon)
    this.#left = this.#left.map(() => false)
    return this.#full.includes(true) ? 0 : Math.max(0, this.#look - now)
  }

  /** Everything was looked at, and something that is due was `left` of these tables: to whatever comes first, or else to the next look. */
  looked(left: ReadonlyArray<boolean>): void {
    this.#look = Infinity
    this.#left = left
    this.#marks = this.#marks.map((mark, at) => (left[at] === true ? -Infinity : mark))
  }
}

/**
 * Where nothing was taken it stays: what is below may be locked by somebody else. A small share may be full of what came just now:
 * then others may still be committed that came before the last of it.
 */
const markAfter = (mark: number, taken: Taken | undefined): number =>
  taken === undefined || taken.count === 0 ? mark : taken.due - (taken.full && taken.count > few ? 1 : late)
