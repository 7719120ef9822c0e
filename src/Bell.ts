// Wakes one waiter from outside, in the same turn of the loop: a lone row's mail is as quick as its wake-up.
import { Clock, Duration, Effect, type Fiber } from "effect"

export class Bell {
  #rung = false
  #waiter: (() => void) | undefined

  readonly ring = (): void => {
    this.#rung = true
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.()
  }

  /** Forgets that it was rung. */
  readonly still = (): void => {
    this.#rung = false
  }

  /** Ends when it is rung; at once if it was since `still`. For one waiter at a time. */
  readonly rung: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#rung) return resume(Effect.void)
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
