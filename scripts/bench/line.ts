// The straight line: this worker, built and under default settings, against the floor, on one PostgreSQL and one stand-in
// that answers at once. They take turns, so that a machine that slows down slows all.
import type { PgClient } from "@effect/sql-pg"
import { Console, Effect } from "effect"
import { rmSync } from "node:fs"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import { type Findings, ratio } from "./bars.ts"
import { type Contestant, start } from "./contestant.ts"
import { type Measured, measure, percentile, Stopwatch } from "./measure.ts"
import * as Peer from "./peer.ts"
import { medians } from "./report.ts"
import { floor, furnish, migrate, postgres, worker } from "./stage.ts"

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

const listening = ([contestant, sql]: readonly [Contestant, PgClient.PgClient]) =>
  Effect.map(start(contestant), (started) => ({ name: contestant.name, sql, ...started }))

/** Medians of rounds in which they take turns. */
export const line = Effect.fn("line")(function* (options: {
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

  const stage = { standIn, stopwatch }
  const runs = new Map(contestants.map(([{ name }]) => [name, new Array<Measured>()]))
  for (let round = 0; round < options.rounds; round++) {
    yield* Console.log(`round ${round + 1} of ${options.rounds} …`)
    // Another one begins each round: what the one before leaves to the server slows whoever comes next.
    const first = round % contestants.length
    const turns = [...contestants.slice(first), ...contestants.slice(0, first)]
    const measured = yield* Effect.scoped(
      Effect.flatMap(Effect.forEach(turns, listening), (all) => measure(stage, all, options.burst))
    )
    for (const [name, found] of measured) runs.get(name)?.push(found)
  }
  const compared = [...runs].map(([name, measured]) => [name, median(measured)] as const)
  yield* Console.log(`\n${medians(compared, options.burst)}\n`)
  if (options.profile) yield* Console.log("the last round's profile is in bench.cpuprofile")
  const [least, mine, theirs] = compared.map(([, measured]) => measured)
  const findings: Findings = {
    p50: ratio(mine?.p50, least?.p50),
    p99: ratio(mine?.p99, least?.p99),
    drain: ratio(mine?.drain, least?.drain),
    ...(theirs !== undefined && { p50Peer: ratio(mine?.p50, theirs.p50), drainPeer: ratio(mine?.drain, theirs.drain) })
  }
  return findings
})
