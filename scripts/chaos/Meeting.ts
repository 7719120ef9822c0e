// Where the workers of a cluster meet: a PostgreSQL of its own, and what goes wrong with it. Nobody may mail less, or
// anything twice, because it is away: it excuses nothing.
import { Effect, Random } from "effect"
import * as Postgres from "../stage/Postgres.ts"
import { insist } from "./Client.ts"
import type { Fault } from "./Fault.ts"

export interface Meeting {
  readonly server: Postgres.Server
  readonly url: string
}

export const open = Effect.gen(function* () {
  const server = yield* Postgres.start()
  yield* server.createDatabase("meeting")
  const meeting: Meeting = { server, url: server.url("meeting") }
  return meeting
})

/** Every worker that was not struck otherwise has been heard of since then. */
const heard = ({ url }: Meeting): Fault["healed"] =>
  Effect.fnUntraced(function* ({ arena }, _, to) {
    while (true) {
      const working = arena.workers.filter((worker) => worker.generation() !== undefined).length
      const [row] = yield* insist(
        url,
        `select count(*)::integer as count from inquiries_mailer_cluster.process_runners
         where last_heartbeat > now() - $1::float8 * interval '1 millisecond'`,
        [Date.now() - to]
      )
      if (Number(row?.["count"]) >= working) return Date.now()
      yield* Effect.sleep(100)
    }
  })

const away = (
  meeting: Meeting,
  name: string,
  stop: Effect.Effect<void>,
  hold: readonly [least: number, most: number]
): Fault => ({
  ...{ name, inFlight: true, noticed: undefined, healed: heard(meeting) },
  strike: () =>
    Effect.acquireUseRelease(
      stop,
      () => Effect.flatMap(Random.nextBetween(...hold), Effect.sleep),
      () => Effect.orDie(meeting.server.start)
    )
})

/** Longer and shorter than a worker may be silent before it counts as gone. */
export const ofMeeting = (meeting: Meeting): ReadonlyArray<Fault> => [
  away(meeting, "the cluster's database restarted", meeting.server.stop("fast"), [100, 3_000]),
  away(meeting, "the cluster's database killed (kill -9)", meeting.server.kill, [100, 3_000]),
  away(meeting, "the cluster's database away for 8–20 s", meeting.server.stop("immediate"), [8_000, 20_000])
]
