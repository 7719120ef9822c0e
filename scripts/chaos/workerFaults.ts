// What happens to a worker: killed, frozen, deployed. Healed when every mail that it had in flight is settled, or
// in the hands of the other one.
import { Effect, Random } from "effect"
import type { Arena } from "./Arena.ts"
import { insist } from "./Client.ts"
import type { Fault, Target } from "./Fault.ts"

/** Notices whose sends were in flight, by this worker, at that time. */
const inHand = ({ arena, workers }: Target, from: number): ReadonlyArray<string> => {
  const doors = new Set(workers.map(({ door }) => door))
  return arena.standIn.sends.flatMap(({ at, clientRequestId, door, until }) =>
    clientRequestId !== undefined && doors.has(door) && at <= from && (until === undefined || until >= from)
      ? [clientRequestId]
      : []
  )
}

const query = (arena: Arena, text: string, values: ReadonlyArray<unknown>) =>
  Effect.map(
    Effect.forEach(arena.places, ({ url }) => insist(url, text, values)),
    (rows) => rows.flat()
  )

/** Looks until no row comes back. */
const none = (arena: Arena, text: string, values: ReadonlyArray<unknown>) =>
  Effect.gen(function* () {
    while ((yield* query(arena, text, values)).length > 0) yield* Effect.sleep(250)
    return Date.now()
  })

export const settled = (arena: Arena, notices: ReadonlyArray<string>) =>
  none(arena, "select from inquiries_mailer.outbox where id = any($1::uuid[]) and outcome is null", [notices])

/** Somebody else has claimed what was in hand, or it is settled. */
const takenOver = Effect.fnUntraced(function* (target: Target, from: number) {
  const { arena } = target
  const held = yield* query(arena, "select claim::text from inquiries_mailer.outbox where id = any($1::uuid[])", [
    inHand(target, from)
  ])
  return yield* none(
    arena,
    "select from inquiries_mailer.outbox where claim = any($1::uuid[]) and begun_at is not null and outcome is null",
    [held.map(({ claim }) => claim)]
  )
})

const fault = (name: string, strike: Fault["strike"]): Fault => ({
  ...{ name, strike, inFlight: true, noticed: undefined, healed: takenOver }
})

const freeze = (name: string, least: number, most: number) =>
  fault(name, ({ workers }) =>
    Effect.gen(function* () {
      const held = yield* Random.nextBetween(least, most)
      for (const worker of workers) {
        yield* Effect.acquireUseRelease(
          Effect.sync(() => worker.signal("SIGSTOP")),
          () => Effect.sleep(held),
          () => Effect.sync(() => worker.signal("SIGCONT"))
        )
      }
    })
  )

/** Ends a worker and starts it again; a deploy has to end well. */
const restart = (name: string, signal: "SIGKILL" | "SIGTERM") =>
  fault(name, ({ arena, workers }) =>
    Effect.gen(function* () {
      const pause = yield* Random.nextBetween(200, 3_000)
      for (const worker of workers) {
        const code = yield* worker.end(signal)
        if (signal === "SIGTERM" && code !== 0) arena.problems.push(`${worker.name} ended with ${code} at SIGTERM`)
        yield* Effect.sleep(pause)
        yield* worker.start
      }
    })
  )

export const deploy = restart("a worker deployed (SIGTERM)", "SIGTERM")

export const ofWorkers: ReadonlyArray<Fault> = [
  restart("a worker killed (SIGKILL)", "SIGKILL"),
  freeze("a worker frozen for 2–15 s", 2_000, 15_000),
  freeze("a worker frozen for over 60 s", 62_000, 75_000),
  deploy
]

/** After these a mail may arrive a second time. */
export const unsettling = ofWorkers.filter((fault) => fault !== deploy).map(({ name }) => name)
