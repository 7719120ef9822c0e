// Connects take turns. One server is not asked for hundreds of sessions at once: it would answer none of them in time. And over
// all servers few passwords are hashed at once: that happens on the one thread that everything runs on, for some milliseconds.
import { Duration, Effect, Fiber, Semaphore } from "effect"
import type { Address } from "./Database.ts"

/** To one server. What hangs in connecting holds up nobody but others on its own server, and those for 5 s. */
const atOneServer = 8
/** Over all servers: some 30 ms of hashing, were all to answer in the same turn of the event loop. */
const atOnce = 12
/** One that takes longer waits for its server and costs nobody anything: it goes on, and the next one begins. */
const patience = Duration.millis(200)
/** Work at one server that nobody waits for, and that may take a connection. */
const unhurried = { atOnce: 2, breath: Duration.seconds(1) }
/** Some milliseconds of work at one server that somebody may soon wait for. Most of its processors are for others meanwhile. */
const prompt = { atOnce: 1, breath: Duration.millis(5) }

// Of the process, because its event loop is.
const places = Semaphore.makeUnsafe(atOnce)

const perServer = (permits: number) => {
  const servers = new Map<string, Semaphore.Semaphore>()
  return ({ host, port }: Address): Semaphore.Semaphore => {
    const key = `${host} ${port}`
    const known = servers.get(key) ?? Semaphore.makeUnsafe(permits)
    servers.set(key, known)
    return known
  }
}
const openings = perServer(atOneServer)

/** For all that connects, one connection after the other, before a database can be worked with. */
export const inTurn = <A, E, R>(address: Address, opening: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => openings(address).withPermit(opening))

interface Pace {
  readonly atOnce: number
  /** Of the server, after each: hundreds of databases have their turn within minutes, and there is room for mails. */
  readonly breath: Duration.Duration
}

const queue = ({ atOnce, breath }: Pace) => {
  const places = perServer(atOnce)
  return <A, E, R>(address: Address, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const turns = places(address)
      return Effect.uninterruptibleMask((restore) =>
        Effect.andThen(
          restore(turns.take(1)),
          Effect.ensuring(
            restore(Effect.andThen(inTurn(address, Effect.void), work)),
            Effect.forkDetach(Effect.delay(turns.release(1), breath))
          )
        )
      )
    })
}

/** For what can wait until everybody who waits now for a turn at this server has had it, and keeps none from opening. */
export const behind = queue(unhurried)

/** The same, for what is short and should be done within the first minute. */
export const soon = queue(prompt)

/** For each single connect. */
export const among = <A, E, R>(connect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
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
