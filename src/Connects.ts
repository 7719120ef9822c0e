// Connects take turns, over all databases: a password is hashed on the one thread that everything runs on, a few
// milliseconds each, and hundreds at once would hold up every send and every heartbeat.
import { Duration, Effect, Fiber, Semaphore } from "effect"

/** What may be hashed in one turn of the event loop: some 30 ms. */
const atOnce = 16
/**
 * One that takes longer waits for its server and costs nobody anything: it goes on, and the next one begins. So a database
 * that hangs for its 5 s holds up the others for this long, and the places for 16 of them.
 */
const patience = Duration.millis(200)

// Of the process, because its event loop is.
const places = Semaphore.makeUnsafe(atOnce)

/** Waits for a place, then connects. */
export const inTurn = <A, E, R>(connect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(places.take(1))
      let held = true
      const leave = Effect.suspend(() => {
        if (!held) return Effect.void
        held = false
        return Effect.asVoid(places.release(1))
      })
      const late = yield* Effect.forkChild(restore(Effect.delay(leave, patience)))
      return yield* Effect.ensuring(restore(connect), Effect.andThen(Fiber.interrupt(late), leave))
    })
  )
