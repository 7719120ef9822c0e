// Wakes one waiter from outside, in the same turn of the loop: a lone row's mail is as quick as its wake-up.
import { Clock, Duration, Effect, type Fiber } from "effect"

export class Bell {
  #rung = false
  #touched = false
  #waiter: (() => void) | undefined

  readonly ring = (): void => {
    this.#rung = true
    this.touch()
  }

  /** Wakes the waiter, too, without being rung. */
  readonly touch = (): void => {
    this.#touched = true
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.()
  }

  /** Forgets that it was rung, or touched. */
  readonly still = (): void => {
    this.#rung = this.#touched = false
  }

  /** Whether it was since `still`. */
  get isRung(): boolean {
    return this.#rung
  }

  /** Ends when it is rung or touched; at once if it was since `still`. For one waiter at a time. */
  readonly touched: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#touched) return resume(Effect.void)
    this.#waiter = () => resume(Effect.void)
    return Effect.sync(() => {
      this.#waiter = undefined
    })
  })
}

/** Rings within the time given. One that was set before and comes sooner will do: a ring too many is no harm. */
export const alarmOf = Effect.fnUntraced(function* (bell: Bell) {
  const scope = yield* Effect.scope
  let at = Infinity
  let sleeping: Fiber.Fiber<void> | undefined
  const ring = Effect.sync(() => {
    at = Infinity
    bell.ring()
  })
  return Effect.fnUntraced(function* (latest: Duration.Duration) {
    const then = (yield* Clock.currentTimeMillis) + Duration.toMillis(latest)
    if (then >= at) return
    sleeping?.interruptUnsafe()
    at = then
    sleeping = yield* Effect.forkIn(Effect.delay(ring, latest), scope)
  })
})
