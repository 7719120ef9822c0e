// `npm run bench`: asks everything that is asked of this worker's speed and cost, and sums up which bars hold. With a flag
// it asks only what the flag names: see `--help`. Fails if a bar does not hold.
import { Console, Effect, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { type Asked, askAll } from "./bench/ask.ts"
import { backlogMemory } from "./bench/backlogMemory.ts"
import type { Findings } from "./bench/bars.ts"
import * as Curves from "./bench/curves.ts"
import * as InsertCost from "./bench/insertCost.ts"
import { line } from "./bench/line.ts"
import { many } from "./bench/many.ts"
import * as Peer from "./bench/peer.ts"
import { processes } from "./bench/processes.ts"
import { inserts } from "./bench/report.ts"
import { shares } from "./bench/share.ts"
import { rowSizes } from "./bench/sizes.ts"
import { furnish, migrate, postgres, worker } from "./bench/stage.ts"
import { startUps } from "./bench/startUp.ts"
import { launch } from "./stage/launch.ts"

const trigger = Effect.fn("trigger")(function* (peers: boolean) {
  const server = yield* postgres
  const sql = yield* furnish(server, "worker")
  if (peers) yield* Peer.peer(server, "worker", "http://127.0.0.1:1")
  const which = yield* InsertCost.prepare(sql, peers)
  const listening = worker(server, "http://127.0.0.1:1", ["worker"])
  yield* migrate(listening)
  const silent = { NAME: "silent", TABLE: InsertCost.tables.silent, WAKE: "poll" }
  yield* migrate({ ...listening, env: { ...listening.env, ...silent } })
  const rates = yield* Effect.forEach([1, 8, 32], (clients) =>
    Effect.andThen(Console.log(`${clients} at once …`), InsertCost.insertCost(sql, which, clients))
  )
  yield* Console.log("100,000 rows in one statement …")
  const bulk = yield* Effect.forEach(which, (one) => InsertCost.bulkCost(sql, one))
  yield* Console.log(`\n${inserts(which, rates, bulk)}\n`)
  return InsertCost.findings(rates, bulk)
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
  const waiting = [1_000, 100_000, 1_000_000].filter((rows) => rows <= most)
  const memory = yield* backlogMemory(server, waiting)
  const measured = yield* Curves.curves(
    { admin, address, number: 1, say: Console.log },
    [0, 100_000, 1_000_000, 10_000_000].filter((rows) => rows <= most),
    waiting
  )
  yield* Console.log(`\nmilliseconds, medians:\n\n${Curves.show(measured)}`)
  return { ...memory, ...Curves.findings(measured) }
})

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const count = (name: string, otherwise: number, description: string) =>
  Flag.Int(name).pipe(Flag.withDescription(description), Flag.withDefault(otherwise))

const flags = {
  burst: count("burst", 20_000, "Rows of the burst that --line works off"),
  curves: count("curves", 0, "Only: what a claim costs with up to so many settled and waiting notices"),
  databases: Flag.String("databases").pipe(
    Flag.withDescription("Only: so many databases in one worker, as 500 or 1,10,100,500"),
    Flag.withDefault("")
  ),
  inserts: flag("inserts", "Only: what the trigger costs whoever INSERTs"),
  line: flag("line", "Only: latency, drain, processor time and memory beside the floor"),
  peers: flag("peers", "graphile-worker takes its turns, too; it is installed into a folder of its own"),
  processes: count("processes", 0, "Only: so many databases, run by one worker, and shared by two and three"),
  profile: flag("profile", "Only --line, with a CPU profile of the worker in bench.cpuprofile; slows it down"),
  rounds: count("rounds", 3, "Rounds of --line, whose medians count; each starts the programs anew"),
  runs: count("runs", 1, "How often everything is asked: a column of the summary each"),
  share: flag("share", "Only: which share of Graph's limit is reached when it answers after 150 ms"),
  sizes: flag("sizes", "Only: what small and huge rows cost"),
  start: flag("start", "Only: how long a start takes, and the memory that it holds then")
}

type Options = Command.Command.Config.Infer<typeof flags>

const nothing: Findings = {}

/** From the shortest to the longest, and whether it was named; several may be. */
const questions = (options: Options): ReadonlyArray<Asked & { readonly named: boolean }> => [
  { name: "start", named: options.start, ask: startUps },
  { name: "line", named: options.line || options.profile, ask: line(options) },
  { name: "share", named: options.share, ask: shares([1, 2, 4, 8, 16]) },
  { name: "sizes", named: options.sizes, ask: Effect.as(rowSizes, nothing) },
  { name: "inserts", named: options.inserts, ask: trigger(options.peers) },
  { name: "curves", named: options.curves > 0, ask: curves(options.curves || 10_000_000) },
  {
    name: "databases",
    named: options.databases !== "",
    ask: many((options.databases || "1,10,100,500").split(",").map(Number))
  },
  { name: "processes", named: options.processes > 0, ask: Effect.as(processes(options.processes), nothing) }
]

const bench = (options: Options) => {
  const all = questions(options)
  const named = all.filter(({ named }) => named)
  // How several workers share databases has no bar here, and is asked only by name.
  const asked = named.length > 0 ? named : all.filter(({ name }) => name !== "processes")
  return askAll(asked, options.runs, options.peers)
}

Command.make("bench", flags, bench).pipe(Command.run({ version: "bench" }), launch)
