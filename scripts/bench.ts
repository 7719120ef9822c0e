// `npm run bench`: this worker, built and under default settings, against the floor, in one run on one PostgreSQL and one
// stand-in that answers at once. They take turns three times; medians are compared. Fails if a bar is missed. With a flag
// it measures something else instead: see `--help`.
import type { PgClient } from "@effect/sql-pg"
import { Console, Effect, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { rmSync } from "node:fs"
import { type Contestant, start } from "./bench/contestant.ts"
import * as Curves from "./bench/curves.ts"
import * as InsertCost from "./bench/insertCost.ts"
import { many } from "./bench/many.ts"
import { type Measured, measure, percentile, Stopwatch } from "./bench/measure.ts"
import * as Peer from "./bench/peer.ts"
import { inserts, medians, missed } from "./bench/report.ts"
import { processes } from "./bench/processes.ts"
import { shares } from "./bench/share.ts"
import { rowSizes } from "./bench/sizes.ts"
import { startUps } from "./bench/startUp.ts"
import { floor, furnish, migrate, postgres, worker } from "./bench/stage.ts"
import * as GraphStandIn from "./stage/GraphStandIn.ts"
import { launch } from "./stage/launch.ts"

/** The replaced system's trigger: the whole safety of the floor. */
const floorTrigger = `
  create function notify_inquiry() returns trigger language plpgsql as
    $$ begin perform pg_notify('new_record_channel', json_build_object('id', new.id)::text); return new; end $$;
  create trigger notify_inquiry after insert on inquiries for each row execute function notify_inquiry()`

const profiled = ["--cpu-prof", "--cpu-prof-name=bench.cpuprofile"]

const median = (runs: ReadonlyArray<Measured>): Measured => {
  const of = (key: keyof Measured) =>
    percentile(
      runs.map((run) => run[key]),
      0.5
    )
  return {
    ...{ p50: of("p50"), p95: of("p95"), p99: of("p99"), drain: of("drain") },
    ...{ cpu: of("cpu"), rss: of("rss"), up: of("up") }
  }
}

const bench = Effect.fn("bench")(function* (options: {
  readonly burst: number
  readonly peers: boolean
  readonly profile: boolean
  readonly rounds: number
}) {
  rmSync("bench.cpuprofile", { force: true })
  const server = yield* postgres
  const stopwatch = new Stopwatch()
  const standIn = yield* GraphStandIn.start({ headersOnly: () => true, onAccepted: ({ raw }) => stopwatch.note(raw) })
  const sql = { floor: yield* furnish(server, "floor"), worker: yield* furnish(server, "worker") }
  for (const statement of floorTrigger.split(/;\n(?=\s*create trigger)/)) yield* sql.floor.unsafe(statement)
  const ours = worker(server, standIn.origin, ["worker"], ...(options.profile ? profiled : []))
  yield* migrate(ours)
  const contestants: Array<readonly [Contestant, PgClient.PgClient]> = [
    [floor(server, standIn.origin), sql.floor],
    [ours, sql.worker]
  ]
  if (options.peers) {
    const theirs = yield* furnish(server, "peer")
    contestants.push([yield* Peer.peer(server, "peer", standIn.origin), theirs])
    for (const statement of Peer.trigger("inquiries")) yield* theirs.unsafe(statement)
  }

  const runs = new Map(contestants.map(([{ name }]) => [name, new Array<Measured>()]))
  let from = 1
  for (let round = 0; round < options.rounds; round++) {
    for (const [contestant, sql] of contestants) {
      yield* Console.log(`round ${round + 1} of ${options.rounds}: ${contestant.name} …`)
      const measured = yield* Effect.scoped(
        Effect.flatMap(start(contestant), (started) =>
          measure({ sql, standIn, stopwatch }, from, options.burst, started)
        )
      )
      runs.get(contestant.name)?.push(measured)
      standIn.forgetMails()
      from += 100_000
    }
  }
  const compared = [...runs].map(([name, measured]) => [name, median(measured)] as const)
  yield* Console.log(`\n${medians(compared, options.burst)}\n`)
  if (options.profile) yield* Console.log("the last round's profile is in bench.cpuprofile")
  const [least, mine] = compared.map(([, measured]) => measured)
  const faults = least === undefined || mine === undefined ? [] : missed(least, mine)
  if (faults.length > 0) return yield* Effect.fail(faults.join("; "))
  yield* Console.log("every bar holds")
})

const trigger = Effect.fn("trigger")(function* (peers: boolean) {
  const server = yield* postgres
  const sql = yield* furnish(server, "worker")
  yield* migrate(worker(server, "http://127.0.0.1:1", ["worker"]))
  if (peers) yield* Peer.peer(server, "worker", "http://127.0.0.1:1")
  const which = yield* InsertCost.prepare(sql, peers)
  const rates = yield* Effect.forEach([1, 8, 32], (clients) =>
    Effect.andThen(Console.log(`${clients} at once …`), InsertCost.insertCost(sql, which, clients))
  )
  yield* Console.log("100,000 rows in one statement …")
  const bulk = yield* Effect.forEach(which, (one) => InsertCost.bulkCost(sql, one))
  yield* Console.log(`\n${inserts(which, rates, bulk)}\n`)
})

const curves = Effect.fn("curves")(function* (most: number) {
  const server = yield* postgres
  const admin = yield* furnish(server, "worker")
  yield* migrate(worker(server, "http://127.0.0.1:1", ["worker"]))
  const { host, password, port, user } = server
  const address = {
    ...{ host, port, database: "worker", user, password: Redacted.make(Redacted.value(password)) },
    tls: { mode: "disable" } as const
  }
  const measured = yield* Curves.curves(
    { admin, address, number: 1, say: Console.log },
    [0, 100_000, 1_000_000, 10_000_000].filter((rows) => rows <= most),
    [1_000, 100_000, 1_000_000].filter((rows) => rows <= most)
  )
  yield* Console.log(`\nmilliseconds, medians:\n\n${Curves.show(measured)}`)
})

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const count = (name: string, otherwise: number, description: string) =>
  Flag.Int(name).pipe(Flag.withDescription(description), Flag.withDefault(otherwise))

const flags = {
  burst: count("burst", 20_000, "Rows of the burst that is worked off"),
  curves: count("curves", 0, "Instead: what a claim costs with up to so many settled and waiting notices"),
  databases: Flag.String("databases").pipe(
    Flag.withDescription("Instead: so many databases in one worker, as 500 or 1,10,100,500"),
    Flag.withDefault("")
  ),
  inserts: flag("inserts", "Instead: what the trigger costs whoever INSERTs"),
  peers: flag("peers", "graphile-worker takes its turns, too; it is installed into a folder of its own"),
  processes: count("processes", 0, "Instead: so many databases, run by one worker, and shared by two and three"),
  profile: flag("profile", "Write a CPU profile of the worker to bench.cpuprofile; slows it down"),
  rounds: count("rounds", 3, "How often the two take turns"),
  share: flag("share", "Instead: which share of Graph's limit is reached when it answers after 150 ms"),
  sizes: flag("sizes", "Instead: what small and huge rows cost"),
  start: flag("start", "Instead: how long a start takes, and the memory that it holds then")
}

type Options = Command.Command.Config.Infer<typeof flags>

const chosen = (options: Options) => {
  if (options.curves > 0) return curves(options.curves)
  if (options.processes > 0) return processes(options.processes)
  if (options.databases !== "") return many(options.databases.split(",").map(Number))
  if (options.inserts) return trigger(options.peers)
  if (options.share) return shares([1, 2, 4])
  if (options.sizes) return rowSizes
  return options.start ? startUps : bench(options)
}

Command.make("bench", flags, (options) => Effect.scoped(chosen(options))).pipe(
  Command.run({ version: "bench" }),
  launch
)
