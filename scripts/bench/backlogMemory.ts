// What a backlog costs in memory: a worker that starts with so many rows before it, seen when it has mailed the first thousand.
import { Console, Effect } from "effect"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import type * as Postgres from "../stage/Postgres.ts"
import { type Findings, ratio } from "./bars.ts"
import { start } from "./contestant.ts"
import { insertMany } from "./measure.ts"
import { cells } from "./report.ts"
import { furnish, migrate, worker } from "./stage.ts"

/** The same for each, so that only what waits makes a difference. */
const mails = 1_000
/** Rows added by one statement. */
const chunk = 100_000

const measure = Effect.fnUntraced(function* (server: Postgres.Server, rows: number) {
  yield* Console.log(`a worker that starts with ${rows.toLocaleString("en")} waiting …`)
  const standIn = yield* GraphStandIn.start({ headersOnly: () => true })
  const name = `backlog_${rows}`
  const sql = yield* furnish(server, name)
  const contestant = worker(server, standIn.origin, [name])
  yield* migrate(contestant)
  for (let from = 1; from <= rows; from += chunk) yield* insertMany(sql, from, Math.min(chunk, rows - from + 1))
  const began = performance.now()
  const { cost, up } = yield* start(contestant)
  yield* standIn.awaitMails(mails)
  const { peak } = yield* cost
  return { rows, up, mailed: performance.now() - began, megabytes: peak / 1_048_576 }
}, Effect.scoped)

/** Prints a line for each. */
export const backlogMemory = Effect.fn("backlogMemory")(function* (
  server: Postgres.Server,
  waiting: ReadonlyArray<number>
) {
  const measured = yield* Effect.forEach(waiting, (rows) => measure(server, rows))
  const head = ["waiting at the start", "until it listens", `until ${mails} are mailed`, "memory at its peak"]
  const lines = measured.map(({ mailed, megabytes, rows, up }) => [
    ...[rows.toLocaleString("en"), `${up.toFixed(0)} ms`, `${mailed.toFixed(0)} ms`, `${megabytes.toFixed(0)} MB`]
  ])
  yield* Console.log(`\n${[head, head.map(() => "--:"), ...lines].map(cells).join("\n")}\n`)
  const all = measured.map(({ megabytes }) => megabytes)
  const findings: Findings = { memoryWaiting: ratio(Math.max(...all), Math.min(...all)) }
  return findings
})
