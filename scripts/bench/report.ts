// The tables that the benchmark prints, as the README shows them, and the bars that it holds the worker to.
import type { BulkCost, InsertCost, Which } from "./insertCost.ts"
import { type Measured, pace } from "./measure.ts"

/** Ratios to the floor: what holds on two shared cores, run after run. */
const bars = { p50: 4, p99: 5, drain: 0.3 }

const row = (name: string, ...cells: ReadonlyArray<string>) =>
  `| ${name.padEnd(38)} | ${cells.map((cell) => cell.padStart(9)).join(" | ")} |`

const rule = (columns: number) => `|${"-".repeat(40)}|${`${"-".repeat(10)}:|`.repeat(columns)}`

export const medians = (floor: Measured, worker: Measured, burst: number): string => {
  const line = (name: string, key: keyof Measured, show: (value: number) => string) =>
    row(name, show(floor[key]), show(worker[key]), (worker[key] / floor[key]).toFixed(2))
  const millis = (value: number) => `${value.toFixed(1)} ms`
  return [
    row("", "floor", "worker", "ratio"),
    rule(3),
    line(`commit to arrival at ${pace.rowsPerSecond} rows/s, p50`, "p50", millis),
    line("the same, p95", "p95", millis),
    line("the same, p99", "p99", millis),
    line(`drain of ${burst.toLocaleString("en")} rows, rows/s`, "drain", (value) => value.toFixed(0)),
    line("processor seconds per 1,000 mails", "cpu", (value) => value.toFixed(2)),
    line("memory at its peak", "rss", (value) => `${(value / 1_048_576).toFixed(0)} MB`),
    line("start until it listens", "up", (value) => `${value.toFixed(0)} ms`)
  ].join("\n")
}

export const missed = (floor: Measured, worker: Measured): ReadonlyArray<string> => [
  ...(worker.p50 <= bars.p50 * floor.p50 ? [] : [`p50 is above ${bars.p50} × the floor's`]),
  ...(worker.p99 <= bars.p99 * floor.p99 ? [] : [`p99 is above ${bars.p99} × the floor's`]),
  ...(worker.drain >= bars.drain * floor.drain ? [] : [`drain is below ${bars.drain} × the floor's`])
]

/** INSERTs a second and the one large INSERT: without a trigger, with ours, with ours that notifies nobody. */
export const inserts = (rates: ReadonlyArray<InsertCost>, bulk: ReadonlyArray<BulkCost>): string => {
  const part = (cost: InsertCost, which: Which) => `${cost[which].toFixed(0)} (${(cost[which] / cost.none).toFixed(2)})`
  return [
    row("INSERTs a second (share of none)", "none", "ours", "no NOTIFY"),
    rule(3),
    ...rates.map((cost) =>
      row(`${cost.clients} at once`, cost.none.toFixed(0), part(cost, "ours"), part(cost, "silent"))
    ),
    row("one of 100,000 rows", ...bulk.map(({ millis }) => `${millis.toFixed(0)} ms`)),
    row("its transaction ids", ...bulk.map(({ ids }) => String(ids)))
  ].join("\n")
}
