// `npm run bench`: this worker, built and under default settings, against the floor, in one run on one PostgreSQL and one
// stand-in that answers at once. They take turns three times; medians are compared. Fails if a bar is missed.
import { PgClient } from "@effect/sql-pg"
import { Console, Effect, Redacted } from "effect"
import { Command, Flag } from "effect/cli"
import { Reactivity } from "effect/reactivity"
import { spawn } from "node:child_process"
import { rmSync } from "node:fs"
import { type Contestant, start } from "./bench/contestant.ts"
import * as Curves from "./bench/curves.ts"
import { type InsertCost, insertCost } from "./bench/insertCost.ts"
import { many } from "./bench/many.ts"
import { burst, type Measured, measure, pace, percentile, Stopwatch } from "./bench/measure.ts"
import * as GraphStandIn from "./stage/GraphStandIn.ts"
import { launch } from "./stage/launch.ts"
import * as Postgres from "./stage/Postgres.ts"
import * as samples from "./stage/samples.ts"

/** Ratios to the floor. */
const bars = { p50: 4, drain: 0.3 }

/** The replaced system's trigger: the whole safety of the floor. */
const floorTrigger = `
  create function notify_inquiry() returns trigger language plpgsql as
    $$ begin perform pg_notify('new_record_channel', json_build_object('id', new.id)::text); return new; end $$;
  create trigger notify_inquiry after insert on inquiries for each row execute function notify_inquiry()`

const connect = (server: Postgres.Server, database: string) =>
  PgClient.make({
    ...{ host: server.host, port: server.port, database, username: server.user, password: server.password },
    maxConnections: 8
  }).pipe(Effect.provide(Reactivity.layer))

const furnish = Effect.fnUntraced(function* (server: Postgres.Server, database: string) {
  yield* server.createDatabase(database)
  const sql = yield* connect(server, database)
  yield* sql.unsafe(samples.inquiries.createTable)
  return sql
})

const profile = ["--cpu-prof", "--cpu-prof-name=bench.cpuprofile"]

const contestants = (server: Postgres.Server, origin: string, profiled: boolean) => {
  const shared = { FROM_EMAIL: "noreply@example.com", PATH: process.env["PATH"] ?? "" }
  const floor: Contestant = {
    name: "floor",
    // One client for all queries, which a later pg will refuse.
    args: ["--no-deprecation", "scripts/bench/floor.mjs"],
    env: { ...shared, DATABASE_URL: server.url("floor"), GRAPH: origin }
  }
  const worker: Contestant = {
    name: "worker",
    args: [...(profiled ? profile : []), "dist/main.js", "run"],
    env: {
      ...shared,
      ...{ DATABASE_URL: server.url("worker"), TENANT_ID: "tenant", CLIENT_ID: "client", CLIENT_SECRET: "none" },
      ...{ TO_EMAIL: "sales@example.com", GRAPH_EMULATOR_URL: origin }
    }
  }
  return { floor, worker }
}

/** Runs `migrate` as an operator would. */
const migrate = ({ env }: Contestant) =>
  Effect.callback<void, string>((resume) => {
    spawn(process.execPath, ["dist/main.js", "migrate"], { env, stdio: "inherit" }).once("exit", (code) =>
      resume(code === 0 ? Effect.void : Effect.fail(`migrate ended with ${code}`))
    )
  })

const median = (runs: ReadonlyArray<Measured>): Measured => {
  const of = (key: keyof Measured) =>
    percentile(
      runs.map((run) => run[key]),
      0.5
    )
  return { p50: of("p50"), p95: of("p95"), p99: of("p99"), drain: of("drain"), cpu: of("cpu"), rss: of("rss") }
}

const table = (floor: Measured, worker: Measured, inserts: ReadonlyArray<InsertCost>): string => {
  const row = (name: string, ...cells: ReadonlyArray<string>) =>
    `| ${name.padEnd(38)} | ${cells.map((cell) => cell.padStart(9)).join(" | ")} |`
  const ratio = (key: keyof Measured) => (worker[key] / floor[key]).toFixed(2)
  const line = (name: string, key: keyof Measured, show: (value: number) => string) =>
    row(name, show(floor[key]), show(worker[key]), ratio(key))
  const millis = (value: number) => `${value.toFixed(1)} ms`
  return [
    row("", "floor", "worker", "ratio"),
    `|${"-".repeat(40)}|${`${"-".repeat(10)}:|`.repeat(3)}`,
    line(`commit to arrival at ${pace.rowsPerSecond} rows/s, p50`, "p50", millis),
    line("the same, p95", "p95", millis),
    line("the same, p99", "p99", millis),
    line(`drain of ${burst} rows, rows/s`, "drain", (value) => value.toFixed(0)),
    line("processor seconds per 1,000 mails", "cpu", (value) => value.toFixed(2)),
    line("memory at its peak", "rss", (value) => `${(value / 1_048_576).toFixed(0)} MB`),
    "",
    row("INSERTs/s of the customer", "without", "with", "ratio"),
    `|${"-".repeat(40)}|${`${"-".repeat(10)}:|`.repeat(3)}`,
    ...inserts.map((cost) =>
      row(
        `${cost.clients} client${cost.clients === 1 ? "" : "s"}`,
        cost.without.toFixed(0),
        cost.with.toFixed(0),
        (cost.with / cost.without).toFixed(2)
      )
    )
  ].join("\n")
}

const missed = (floor: Measured, worker: Measured): ReadonlyArray<string> => [
  ...(worker.p50 <= bars.p50 * floor.p50 ? [] : [`p50 is above ${bars.p50} × the floor's`]),
  ...(worker.drain >= bars.drain * floor.drain ? [] : [`drain is below ${bars.drain} × the floor's`])
]

const bench = Effect.fn("bench")(function* (options: { readonly profile: boolean; readonly rounds: number }) {
  rmSync("bench.cpuprofile", { force: true })
  yield* Console.log("starting PostgreSQL, with durability on …")
  const server = yield* Postgres.start()
  const stopwatch = new Stopwatch()
  const standIn = yield* GraphStandIn.start({ onAccepted: ({ raw }) => stopwatch.note(raw) })
  const sql = { floor: yield* furnish(server, "floor"), worker: yield* furnish(server, "worker") }
  yield* sql.floor.unsafe("create table untouched (like inquiries including all)")
  for (const statement of floorTrigger.split(/;\n(?=\s*create trigger)/)) yield* sql.floor.unsafe(statement)
  const { floor, worker } = contestants(server, standIn.origin, options.profile)
  yield* migrate(worker)

  const runs = { floor: [] as Array<Measured>, worker: [] as Array<Measured> }
  for (let round = 0; round < options.rounds; round++) {
    for (const contestant of [floor, worker]) {
      const name = contestant.name === "floor" ? "floor" : "worker"
      const from = (runs.floor.length + runs.worker.length) * 10_000 + 1
      yield* Console.log(`round ${round + 1} of ${options.rounds}: ${name} …`)
      const measured = yield* Effect.scoped(
        Effect.flatMap(start(contestant), ({ cost }) => measure({ sql: sql[name], standIn, stopwatch }, from, cost))
      )
      runs[name].push(measured)
      standIn.forgetMails()
    }
  }
  yield* Console.log("the cost of the trigger …")
  yield* sql.worker.unsafe("create table untouched (like inquiries including all)")
  const tables = { without: "untouched", with: "inquiries" }
  const inserts = yield* Effect.forEach([1, 8], (clients) => insertCost(sql.worker, tables, clients))

  const medians = { floor: median(runs.floor), worker: median(runs.worker) }
  yield* Console.log(`\n${table(medians.floor, medians.worker, inserts)}\n`)
  if (options.profile) yield* Console.log("the last round's profile is in bench.cpuprofile")
  const faults = missed(medians.floor, medians.worker)
  if (faults.length > 0) return yield* Effect.fail(faults.join("; "))
  yield* Console.log("every bar holds")
})

const curves = Effect.fn("curves")(function* (most: number) {
  yield* Console.log("starting PostgreSQL, with durability on …")
  const server = yield* Postgres.start()
  const admin = yield* furnish(server, "worker")
  yield* migrate(contestants(server, "http://127.0.0.1:1", false).worker)
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

Command.make(
  "bench",
  {
    curves: Flag.Int("curves").pipe(
      Flag.withDescription("Instead: what a claim costs with up to so many settled and waiting notices"),
      Flag.withDefault(0)
    ),
    databases: Flag.Int("databases").pipe(
      Flag.withDescription("Instead: so many databases in one worker"),
      Flag.withDefault(0)
    ),
    profile: Flag.Boolean("profile").pipe(
      Flag.withDescription("Write a CPU profile of the worker to bench.cpuprofile; slows it down"),
      Flag.withDefault(false)
    ),
    rounds: Flag.Int("rounds").pipe(Flag.withDescription("How often the two take turns"), Flag.withDefault(3))
  },
  (options) =>
    Effect.scoped(
      options.databases > 0 ? many(options.databases) : options.curves > 0 ? curves(options.curves) : bench(options)
    )
).pipe(Command.run({ version: "bench" }), launch)
