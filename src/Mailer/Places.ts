// Places that are taken and given back. Who finds none waits in line, and takes his from whoever gives it back, in the same
// turn of the loop. Where there is one, taking it is no step of a fiber: a mail takes two. Not Effect's Semaphore, because that
// keeps those who wait in a Set, see `Line`.
import { Effect } from "effect"
import { Line } from "./Line.ts"

interface Waiter {
  readonly count: number
  readonly go: () => void
}

export class Places {
  #free: number
  readonly #line = new Line<Waiter>()
  #serving = false

  constructor(places: number) {
    this.#free = places
  }

  /** Takes so many, if they are free and nobody waits; says whether. */
  readonly takeNow = (count: number): boolean => {
    if (this.#line.first !== undefined || this.#free < count) return false
    this.#free -= count
    return true
  }

  /** Takes so many as soon as there are, in the order of the line. Who is interrupted has taken none. */
  readonly take = (count: number): Effect.Effect<void> =>
    Effect.callback((resume) => {
      if (this.takeNow(count)) return resume(Effect.void)
      const waiter = this.#line.join({ count, go: () => resume(Effect.void) })
      return Effect.sync(() => {
        // Whoever waits for fewer may have enough.
        if (this.#line.leave(waiter)) this.#serve()
      })
    })

  /** Takes one and does this in it. Only for who cannot be interrupted, and would not leave the line: in one step of a fiber less. */
  readonly takeFor = <A, E>(work: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.callback((resume) => {
      // Within whose it is, and not within whoever gives a place back: a throw there would lose both.
      const go = () => resume(Effect.suspend(work))
      if (this.takeNow(1)) go()
      else this.#line.join({ count: 1, go })
    })

  readonly give = (count: number): void => {
    this.#free += count
    this.#serve()
  }

  readonly within = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      Effect.suspend(() => (this.takeNow(1) ? Effect.void : Effect.interruptible(this.take(1)))),
      () => effect,
      () => Effect.sync(() => this.give(1))
    )

  /** Who is served may give back at once, as hundreds do whose mailbox was closed: that is served here, and not within itself. */
  #serve() {
    if (this.#serving) return
    this.#serving = true
    try {
      for (let next = this.#line.first; next !== undefined && next.value.count <= this.#free; next = this.#line.first) {
        this.#line.leave(next)
        this.#free -= next.value.count
        next.value.go()
      }
    } finally {
      this.#serving = false
    }
  }
}
