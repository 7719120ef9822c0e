// When requests are given up. One fiber watches over all of them, because nearly none is ever late: a timer for each would
// cost more than what it is for.
import { Clock, Duration, Effect, type Fiber } from "effect"
import { elapsedOf } from "../Elapsed.ts"
import type { Fork } from "./Agents.ts"
import * as Line from "./Line.ts"

export interface Deadline {
  readonly giveUp: () => void
}

interface Limit {
  readonly deadline: Deadline
  /** Milliseconds, see `elapsed`. */
  at: number
}

export type Waiting = Line.Waiting<Limit>

export class Deadlines {
  readonly #fork: Fork
  readonly #waiting = new Line.Line<Limit>()
  #watch: Fiber.Fiber<void> | undefined
  #wakes = Infinity

  constructor(fork: Fork) {
    this.#fork = fork
  }

  /** Has it give up at this time, unless that is moved or lifted before. */
  readonly set = (deadline: Deadline, at: number): Waiting => {
    const waiting = this.#waiting.join({ deadline, at })
    this.#wakeBy(at)
    return waiting
  }

  readonly move = (waiting: Waiting, at: number): void => {
    waiting.value.at = at
    this.#wakeBy(at)
  }

  readonly lift = (waiting: Waiting): void => void this.#waiting.leave(waiting)

  /** Nothing is given up any more. */
  readonly end = (): void => {
    for (let next = this.#waiting.first; next !== undefined; next = this.#waiting.first) this.#waiting.leave(next)
    this.#watch?.interruptUnsafe()
  }

  #wakeBy(at: number) {
    if (at >= this.#wakes) return
    this.#watch?.interruptUnsafe()
    this.#wakes = at
    this.#watch = this.#fork(this.#watching)
  }

  readonly #watching = Clock.clockWith((clock) =>
    Effect.gen({ self: this }, function* () {
      while (this.#wakes < Infinity) {
        yield* Effect.sleep(Duration.millis(Math.max(0, this.#wakes - elapsedOf(clock))))
        const now = elapsedOf(clock)
        let next = Infinity
        const late = new Array<Waiting>()
        for (let waiting = this.#waiting.first; waiting !== undefined; waiting = waiting.after) {
          if (waiting.value.at > now) next = Math.min(next, waiting.value.at)
          else late.push(waiting)
        }
        this.#wakes = next
        // Whoever hears of it may set or lift others.
        for (const waiting of late) if (this.#waiting.leave(waiting)) waiting.value.deadline.giveUp()
      }
    })
  )
}
