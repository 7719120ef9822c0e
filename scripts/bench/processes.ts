// What a second and a third worker bring on one machine: the same databases run by one worker without a cluster, then by
// one, two and three that share them. At rest and in a burst, with what each process costs.
import type { PgClient } from "@effect/sql-pg"
import { Clock, Console, Effect } from "effect"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import * as Postgres from "../stage/Postgres.ts"
import { type Cost, start } from "./contestant.ts"
import { insertMany } from "./measure.ts"
import { cells } from "./report.ts"
import { furnish, migrate, worker } from "./stage.ts"

/** Rows for each database. */
const [warmUp, burst] = [50, 200]
const rest = 15

interface Ground {
  readonly server: Postgres.Server
  readonly standIn: GraphStandIn.StandIn
  readonly names: ReadonlyArray<string>
  readonly sql: ReadonlyArray<PgClient.PgClient>
  readonly meeting: PgClient.PgClient
}

/** All are taken, and nobody has more than an even share. */
const shared = ({ meeting, names }: Ground, workers: number) =>
  meeting<{ readonly count: number }>`
    select count(*)::integer as count from inquiries_mailer_cluster.taken
    where owner in (select address from inquiries_mailer_cluster.process_runners where healthy
      and last_heartbeat > now() - interval '5 seconds') group by owner`.pipe(
    Effect.map((rows) => rows.map(({ count }) => count)),
    Effect.orElseSucceed((): ReadonlyArray<number> => []),
    Effect.delay("200 millis"),
    Effect.repeat({
      until: (counts) =>
        counts.length === workers &&
        counts.reduce((sum, count) => sum + count, 0) === names.length &&
        Math.max(...counts) === Math.ceil(names.length / workers)
    })
  )

const insert = Effect.fnUntraced(function* ({ sql, standIn }: Ground, rows: number) {
  const before = standIn.mails.length
  yield* Effect.forEach(sql, (each) => insertMany(each, 1, rows), { concurrency: 8 })
  const began = performance.now()
  yield* standIn.awaitMails(before + rows * sql.length)
  return (performance.now() - began) / 1_000
})

const measure = Effect.fnUntraced(function* (ground: Ground, workers: number) {
  const { names, server, standIn } = ground
  const alone = worker(server, standIn.origin, names)
  const env = { ...alone.env, CLUSTER_DATABASE_URL: server.url("meeting") }
  const started = yield* Effect.forEach(
    Array.from({ length: Math.max(1, workers) }, (_, index) => ({
      ...alone,
      env: workers === 0 ? alone.env : { ...env, CLUSTER_NAME: `worker-${index + 1}` }
    })),
    start,
    { concurrency: "unbounded" }
  )
  if (workers > 0) yield* shared(ground, workers)
  yield* insert(ground, warmUp)
  yield* Effect.sleep("5 seconds")
  const costs = Effect.forEach(started, ({ cost }) => cost)
  const between = (before: ReadonlyArray<Cost>, after: ReadonlyArray<Cost>) =>
    after.map(({ cpu }, index) => cpu - (before[index]?.cpu ?? 0))
  const [first, since] = [yield* costs, yield* Clock.currentTimeMillis]
  yield* Effect.sleep(`${rest} seconds`)
  const atRest = between(first, yield* costs)
  const rested = ((yield* Clock.currentTimeMillis) - since) / 1_000
  const second = yield* costs
  const took = yield* insert(ground, burst)
  const third = yield* costs
  const inBurst = between(second, third)
  const mails = burst * names.length
  const sum = (values: ReadonlyArray<number>) => values.reduce((all, value) => all + value, 0)
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  return [
    workers === 0 ? "1, no cluster" : String(workers),
    percent(sum(atRest) / rested),
    percent(Math.max(...atRest) / rested),
    (mails / took).toFixed(0),
    ((sum(inBurst) / mails) * 1_000).toFixed(2),
    ((Math.max(...inBurst) / mails) * 1_000).toFixed(2),
    `${(sum(third.map(({ peak }) => peak)) / 2 ** 20).toFixed(0)} MB`
  ]
}, Effect.scoped)

const head = [
  ...["workers", "at rest, all", "at rest, busiest", "mails/s in a burst", "processor s for 1,000 mails"],
  ...["of these the busiest", "memory, all"]
]

export const processes = Effect.fn("processes")(function* (count: number) {
  const server = yield* Postgres.start({ settings: { max_connections: "500" } })
  const standIn = yield* GraphStandIn.start({ headersOnly: () => true })
  const names = Array.from({ length: count }, (_, index) => `shared_${index + 1}`)
  const sql = yield* Effect.forEach(names, (name) => furnish(server, name))
  yield* migrate(worker(server, standIn.origin, names))
  const ground = { server, standIn, names, sql, meeting: yield* furnish(server, "meeting") }
  const rows: Array<ReadonlyArray<string>> = []
  for (const workers of [0, 1, 2, 3]) {
    yield* Console.log(`${count} databases, ${workers === 0 ? "one worker without a cluster" : `${workers} workers`} …`)
    rows.push(yield* measure(ground, workers))
    yield* Console.log(cells(rows.at(-1) ?? []))
  }
  yield* Console.log(`\n${[head, head.map(() => "--:"), ...rows].map(cells).join("\n")}\n`)
})
