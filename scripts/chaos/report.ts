// The table at the end: what each fault met, and what became of it. The first line counts each row once; a row that was
// written while several faults lasted stands in the line of each.
import type { Firing } from "./Fault.ts"
import type { Evidence, Verdict } from "./verdict.ts"

interface Line {
  readonly name: string
  readonly times: number
  readonly rows: ReadonlySet<string>
  readonly duplicates: Verdict["duplicates"]
  readonly noticed: ReadonlyArray<number>
  readonly healed: ReadonlyArray<number>
}

const seconds = (millis: ReadonlyArray<number>) =>
  millis.length === 0 ? "–" : `${(Math.max(...millis) / 1000).toFixed(1)} s`

const known = (numbers: ReadonlyArray<number | undefined>) => numbers.filter((number) => number !== undefined)

/** Rows that were written while it lasted and until it had healed, where it struck. */
const rowsOf = ({ committed }: Evidence, { databases, from, healedMillis, to }: Firing) =>
  [...committed].flatMap(([token, { at, database }]) =>
    at >= from && at <= to + (healedMillis ?? 0) && databases.includes(database) ? [token] : []
  )

const show = (evidence: Evidence, verdict: Verdict, line: Line) => {
  const lost = verdict.lost.filter((token) => line.rows.has(token)).length
  const parked = [...evidence.parked].filter((token) => line.rows.has(token)).length
  const marked = line.duplicates.filter((duplicate) => duplicate.marked).length
  return [
    line.name,
    String(line.times),
    String(line.rows.size),
    String(line.rows.size - lost),
    String(lost),
    line.duplicates.length === 0 ? "0" : `${line.duplicates.length} (${marked} marked)`,
    String(parked),
    seconds(line.noticed),
    seconds(line.healed)
  ]
}

const head = ["fault", "times", "rows", "mailed", "lost", "duplicates", "parked", "noticed within", "healed within"]

/** As Markdown, for docs/tested.md. `faults` is every fault that was to fire. */
export const table = (evidence: Evidence, verdict: Verdict, faults: ReadonlyArray<string>): string => {
  const { committed, firings } = evidence
  const everything: Line = {
    name: "everything together",
    times: firings.filter(({ hit }) => hit).length,
    rows: new Set(committed.keys()),
    duplicates: verdict.duplicates,
    noticed: known(firings.map(({ noticedMillis }) => noticedMillis)),
    healed: known(firings.map(({ healedMillis }) => healedMillis))
  }
  const lines = faults.map((name): Line => {
    const own = firings.filter(({ fault }) => fault === name)
    return {
      name,
      times: own.filter(({ hit }) => hit).length,
      rows: new Set(own.flatMap((firing) => rowsOf(evidence, firing))),
      duplicates: verdict.duplicates.filter(({ because }) => because === name),
      noticed: known(own.map(({ noticedMillis }) => noticedMillis)),
      healed: known(own.map(({ healedMillis }) => healedMillis))
    }
  })
  const cells = [head, ...[everything, ...lines].map((line) => show(evidence, verdict, line))]
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const text = (row: ReadonlyArray<string>) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`
  const [first = [], ...rest] = cells
  const rule = widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`))
  return [text(first), `| ${rule.join(" | ")} |`, ...rest.map(text)].join("\n")
}
