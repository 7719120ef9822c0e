// What a start costs: from the spawn of the built program until it says that it listens, less one connect of a bare client
// on the same server; and the memory that it holds then. One database, everything else as by default.
import { Console, Effect } from "effect"
import { spawnSync } from "node:child_process"
import { Client } from "pg"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import type { Findings } from "./bars.ts"
import { start } from "./contestant.ts"
import { percentile } from "./measure.ts"
import { cells } from "./report.ts"
import { furnish, migrate, postgres, worker } from "./stage.ts"

const rounds = 15
/** Until what was only needed to start is collected. */
const settled = "3 seconds"

const bareConnect = Effect.fnUntraced(function* (url: string) {
  const began = performance.now()
  const client = new Client(url)
  yield* Effect.promise(() => client.connect())
  const millis = performance.now() - began
  yield* Effect.promise(() => client.end())
  return millis
})

const bareNode = Effect.sync(() => {
  const began = performance.now()
  spawnSync(process.execPath, ["-e", "0"])
  return performance.now() - began
})

export const startUps = Effect.gen(function* () {
  const server = yield* postgres
  const standIn = yield* GraphStandIn.start()
  yield* furnish(server, "worker")
  const contestant = worker(server, standIn.origin, ["worker"])
  yield* migrate(contestant)
  const runs: Array<Readonly<Record<"up" | "connect" | "node" | "cpu" | "rss" | "peak", number>>> = []
  for (let round = 0; round < rounds; round++) {
    const node = yield* bareNode
    const connect = yield* bareConnect(server.url("worker"))
    const run = yield* Effect.scoped(
      Effect.gen(function* () {
        const { cost, up } = yield* start(contestant)
        const { cpu } = yield* cost
        yield* Effect.sleep(settled)
        const { peak, rss } = yield* cost
        return { up, connect, node, cpu, rss, peak }
      })
    )
    runs.push(run)
  }
  const median = (key: keyof (typeof runs)[number]) =>
    percentile(
      runs.map((run) => run[key]),
      0.5
    )
  const beyond = median("up") - median("connect")
  const megabytes = (key: "rss" | "peak") => median(key) / 1_048_576
  const lines = [
    ["spawn until it says that it listens", `${median("up").toFixed(0)} ms`],
    ["of it a bare client's connect", `${median("connect").toFixed(0)} ms`],
    ["beyond the connection", `${beyond.toFixed(0)} ms`],
    ["`node -e 0`, for comparison", `${median("node").toFixed(0)} ms`],
    ["processor time until it listens", `${(median("cpu") * 1_000).toFixed(0)} ms`],
    [`memory ${settled} later`, `${megabytes("rss").toFixed(0)} MB`],
    ["the most until then", `${megabytes("peak").toFixed(0)} MB`]
  ]
  const head = [`| medians of ${rounds} starts | |`, "|--|--:|"]
  yield* Console.log(`\n${[...head, ...lines.map(cells)].join("\n")}\n`)
  const findings: Findings = { startMillis: beyond, startMegabytes: megabytes("rss") }
  return findings
})
