// When requests are given up. One fiber watches over all of them, because nearly none is ever late: a timer for each would
// cost more than what it is for.
import { Clock, Duration, Effect, type Fiber } from "effect"
import { elapsedOf } from "../Elapsed.ts"
import type { Fork } from "./Agents.ts"

interface Deadline {
  readonly at: number
  readonly giveUp: () => void
}

export class Deadlines {
  readonly #fork: Fork
  readonly #waiting = new Set<Deadline>()
  #watch: Fiber.Fiber<void> | undefined
  #wakes = Infinity

  constructor(fork: Fork) {
    this.#fork = fork
  }

  /** Calls `giveUp` when this time has passed, unless it is lifted before. */
  readonly set = (clock: Clock.Clock, time: Duration.Duration, giveUp: () => void): Deadline => {
    const deadline = { at: elapsedOf(clock) + Duration.toMillis(time), giveUp }
    this.#waiting.add(deadline)
    if (deadline.at < this.#wakes) this.#begin(deadline.at)
    return deadline
  }

  readonly lift = (deadline: Deadline): void => void this.#waiting.delete(deadline)

  /** Nothing is given up any more. */
  readonly end = (): void => {
    this.#waiting.clear()
    this.#watch?.interruptUnsafe()
  }

  #begin(at: number) {
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
        for (const deadline of this.#waiting) {
          if (deadline.at > now) next = Math.min(next, deadline.at)
          else if (this.#waiting.delete(deadline)) deadline.giveUp()
        }
        this.#wakes = next
      }
    })
  )
}
