// What a monitor has in hand: notices that are claimed and not settled yet. Those that are not answered decide when to claim
// again: the others only wait until their outcomes are written, and while they do no place at Microsoft may stand idle.
import { Duration, Effect, Latch } from "effect"

export const batch = { least: 4, most: 128 }
/** A claim holds about this much work at most, so that a crash or a slow mailbox delays few. */
const batchTime = Duration.seconds(5)

/** The size of the next claim, from how long the last took. */
export const nextBatch = (size: number, took: Duration.Duration): number =>
  Duration.isGreaterThan(took, batchTime) ? Math.max(batch.least, size >> 1) : Math.min(batch.most, size * 2)

/** What one claim has brought. */
export interface Batch {
  /** Microsoft has answered for one of them, or need not be asked. */
  readonly answered: () => void
  /** One of them, which was answered, is in hand no longer. */
  readonly done: () => void
  /** None of them is. */
  readonly end: () => void
}

export class Hand {
  #count = 0
  #unanswered = 0
  #ahead = 0
  #most = 0
  readonly #room = Latch.makeUnsafe(true)

  /**
   * How many more to claim: at most as many as may be begun, `all` of them, wait for their answers, or `size` where that is less
   * or nothing is known; once more as many for their outcomes. 0 until half of those are answered: a claim costs as much for one.
   */
  left(all: number, size: number): number {
    this.#ahead = all === 0 ? size : Math.min(all, size)
    this.#most = all === 0 ? size : Math.min(all * 2, size)
    return this.#left()
  }

  /** Ends when `left` would not be 0. */
  readonly room: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#left() > 0) return Effect.void
    this.#room.closeUnsafe()
    return this.#room.await
  })

  /** Nothing is in hand. */
  get isEmpty(): boolean {
    return this.#count === 0
  }

  take(count: number): Batch {
    let unanswered = count
    let left = count
    this.#give(-count, -count)
    return {
      answered: () => {
        unanswered--
        this.#give(1, 0)
      },
      done: () => {
        left--
        this.#give(0, 1)
      },
      end: () => this.#give(unanswered, left)
    }
  }

  #give(answered: number, done: number) {
    this.#unanswered -= answered
    this.#count -= done
    if (this.#left() > 0) this.#room.openUnsafe()
  }

  #left(): number {
    const half = this.#ahead >> 1
    const enough = this.#unanswered <= half && this.#count <= this.#most - half
    return enough ? Math.min(this.#ahead - this.#unanswered, this.#most - this.#count) : 0
  }
}
