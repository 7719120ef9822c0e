// The tables that the benchmark prints, as the pages show them.
import type { BulkCost, InsertCost, Which } from "./insertCost.ts"
import { type Measured, pace } from "./measure.ts"

/** Of a table, as Markdown has it. */
export const cells = (all: ReadonlyArray<string>): string => `| ${all.join(" | ")} |`

/** Of a column. */
const width = 14

const row = (name: string, ...values: ReadonlyArray<string>) =>
  cells([name.padEnd(38), ...values.map((value) => value.padStart(width))])

const rule = (columns: number) => `|${"-".repeat(40)}|${`${"-".repeat(width + 1)}:|`.repeat(columns)}`

type Compared = ReadonlyArray<readonly [name: string, measured: Measured]>

/** The first is the floor, which the others are compared with. */
export const medians = (compared: Compared, burst: number): string => {
  const [, least] = compared[0] ?? []
  const ratio = (key: keyof Measured, measured: Measured) =>
    least === undefined || measured === least ? "" : ` (${(measured[key] / least[key]).toFixed(2)})`
  const line = (name: string, key: keyof Measured, show: (value: number) => string) =>
    row(name, ...compared.map(([, measured]) => `${show(measured[key])}${ratio(key, measured)}`))
  const millis = (value: number) => `${value.toFixed(1)} ms`
  return [
    row("median (ratio to the floor)", ...compared.map(([name]) => name)),
    rule(compared.length),
    line(`commit to arrival at ${pace.rowsPerSecond} rows/s, p50`, "p50", millis),
    line("the same, p95", "p95", millis),
    line("the same, p99", "p99", millis),
    line(`drain of ${burst.toLocaleString("en")} rows, rows/s`, "drain", (value) => value.toFixed(0)),
    line("processor seconds per 1,000 mails", "cpu", (value) => value.toFixed(2)),
    line("memory at its peak", "rss", (value) => `${(value / 1_048_576).toFixed(0)} MB`),
    line("start until it listens", "up", (value) => `${value.toFixed(0)} ms`)
  ].join("\n")
}

const columns = { none: "none", ours: "ours", silent: "no NOTIFY", peer: "graphile's" } as const

/** INSERTs a second and the one large INSERT: without a trigger, and with others. */
export const inserts = (
  which: ReadonlyArray<Which>,
  rates: ReadonlyArray<InsertCost>,
  bulk: ReadonlyArray<BulkCost>
): string => {
  const part = (rates: InsertCost["rates"], one: Which) => {
    const [mine, none] = [rates.get(one) ?? 0, rates.get("none") ?? 0]
    return one === "none" ? mine.toFixed(0) : `${mine.toFixed(0)} (${(mine / none).toFixed(2)})`
  }
  return [
    row("INSERTs a second (share of none)", ...which.map((one) => columns[one])),
    rule(which.length),
    ...rates.map(({ clients, rates }) => row(`${clients} at once`, ...which.map((one) => part(rates, one)))),
    row("one of 100,000 rows", ...bulk.map(({ millis }) => `${millis.toFixed(0)} ms`)),
    row("its transaction ids", ...bulk.map(({ ids }) => String(ids)))
  ].join("\n")
}
