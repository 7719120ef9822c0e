// A limit that holds also where something on a dead peer cannot be interrupted: that is left to end by itself.
import { type Duration, Effect, Fiber } from "effect"
import { Outage } from "../State.ts"

const silent = new Outage({ state: "waiting", reason: "the server does not answer" })

export const within = Effect.fnUntraced(function* <A, R>(limit: Duration.Duration, self: Effect.Effect<A, Outage, R>) {
  const fiber = yield* Effect.forkDetach(self)
  return yield* Fiber.join(fiber).pipe(
    Effect.timeoutOrElse({ duration: limit, orElse: () => Effect.fail(silent) }),
    Effect.onExit(() => Effect.forkDetach(Fiber.interrupt(fiber)))
  )
})
