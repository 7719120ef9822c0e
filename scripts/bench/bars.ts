// Every bar that the benchmark holds the worker to, in one place, and the summary that says which of them hold. A question
// of the benchmark answers with `Findings`: one number for each bar that it measured.

export type Question = "line" | "start" | "share" | "sizes" | "inserts" | "curves" | "databases" | "processes"

interface Bar {
  readonly question: Question
  readonly what: string
  readonly sign: "≤" | "≥"
  readonly goal: number
  readonly show: (value: number) => string
  /** Only beside graphile-worker. */
  readonly peers?: true
}

type Show = Bar["show"]
const times: Show = (value) => `${value.toFixed(2)} ×`
const percent: Show = (value) => `${(value * 100).toFixed(1)} %`
const millis: Show = (value) => `${value.toFixed(0)} ms`
const seconds: Show = (value) => `${value.toFixed(1)} s`
const megabytes: Show = (value) => `${value.toFixed(0)} MB`
const plain: Show = (value) => String(Number(value.toFixed(2)))

const most = (question: Question, what: string, goal: number, show: Show): Bar => ({
  ...{ question, what, sign: "≤", goal, show }
})
const least = (question: Question, what: string, goal: number, show: Show): Bar => ({
  ...{ question, what, sign: "≥", goal, show }
})
const beside = (bar: Bar): Bar => ({ ...bar, peers: true })

/** Where "flat" is meant: so much more with a thousand times as many rows, which a cache that fills explains. */
const flat = { time: 2, memory: 1.25 }
/** Where "nothing measurable" is meant: what two runs of the same differ by. */
const noise = 1.2

const all = {
  startMillis: most("start", "from spawn to listening, beyond the connection", 500, millis),
  startMegabytes: most("start", "memory of a worker of one database", 90, megabytes),
  p50: most("line", "commit to arrival, p50, of the floor's", 1.5, times),
  p99: most("line", "commit to arrival, p99, of the floor's", 2.5, times),
  drain: least("line", "drain of a burst, of the floor's", 0.9, times),
  p50Peer: beside(most("line", "commit to arrival, p50, of graphile-worker's", 1, times)),
  drainPeer: beside(least("line", "drain of a burst, of graphile-worker's", 1, times)),
  shareOne: least("share", "of the limit of one mailbox, Graph at 150 ms", 0.95, percent),
  shareMany: least("share", "the same with more, as long as a core is not full", 0.95, percent),
  inserts1: least("inserts", "INSERTs of 1 client, of the rate without a trigger", 0.75, percent),
  silent8: least("inserts", "INSERTs of 8 clients without NOTIFY, of none", 0.7, percent),
  silent32: least("inserts", "INSERTs of 32 clients without NOTIFY, of none", 0.7, percent),
  peer8: beside(least("inserts", "INSERTs of 8 clients, of graphile's add_job", 1, times)),
  peer32: beside(least("inserts", "INSERTs of 32 clients, of graphile's add_job", 1, times)),
  bulk: most("inserts", "INSERT of 100,000 rows, of the time of none", 5, times),
  claimSettled: most("curves", "claim as settled rows pile up, slowest to fastest", flat.time, times),
  claimWaiting: most("curves", "claim as a backlog piles up, slowest to fastest", flat.time, times),
  memoryWaiting: most("curves", "memory as a backlog piles up, most to least", flat.memory, times),
  manySeconds: most("databases", "listening to all of them", 20, seconds),
  // What `Connects` allows over all servers.
  manyConnects: most("databases", "connects on their way at once", 12, plain),
  manyDelay: most("databases", "delay of the event loop until then, p99", 50, millis),
  manyMegabytes: most("databases", "memory at its peak", 300, megabytes),
  manyIdle: most("databases", "processor at rest, of a core", 0.05, percent),
  manyEach: most("databases", "connections to each at rest, on average", 1.1, plain),
  manyMost: most("databases", "connections to one at rest, at most", 2, plain),
  manyRow: most("databases", "a row in each at the same moment, the last mailed", 3, seconds),
  manyAway: most("databases", "what a tenth that is unreachable costs each other", noise, times)
} satisfies Record<string, Bar>

export type Name = keyof typeof all
export type Findings = Readonly<Partial<Record<Name, number>>>

export const bars: ReadonlyArray<readonly [Name, Bar]> = Object.entries(all).map(([name, bar]) => [name as Name, bar])

/** `part` of `whole`, for a finding that is a ratio. */
export const ratio = (part: number | undefined, whole: number | undefined): number =>
  (part ?? Number.NaN) / (whole ?? Number.NaN)

const holds = ({ goal, sign }: Bar, value: number | undefined): boolean =>
  value !== undefined && (sign === "≤" ? value <= goal : value >= goal)

/** How far from the goal, as a share of it. */
const miss = ({ goal, sign }: Bar, value: number): number => (sign === "≤" ? value / goal - 1 : 1 - value / goal)

const verdict = (bar: Bar, values: ReadonlyArray<number | undefined>): string => {
  const missed = values.filter((value) => !holds(bar, value))
  if (missed.length === 0) return "holds"
  const known = missed.filter((value) => value !== undefined && !Number.isNaN(value))
  const how =
    known.length === 0
      ? "not measured"
      : `missed by ${percent(Math.max(...known.map((value) => miss(bar, value ?? 0))))}`
  return values.length === 1 ? how : `${how}, ${missed.length} of ${values.length} runs`
}

export interface Summary {
  /** As Markdown has it: one line a bar, one column a run. */
  readonly table: string
  readonly count: number
  /** Bars that do not hold in each run, or were not measured in each. */
  readonly missed: number
}

/** Of the bars that belong to what was asked; those beside graphile-worker only with `peers`. */
export const summary = (asked: ReadonlyArray<Question>, peers: boolean, runs: ReadonlyArray<Findings>): Summary => {
  const due = bars.filter(([, bar]) => asked.includes(bar.question) && (peers || bar.peers !== true))
  const lines = due.map(([name, bar]) => {
    const values = runs.map((run) => run[name])
    return [
      `${bar.question}: ${bar.what}`,
      `${bar.sign} ${bar.show(bar.goal)}`,
      ...values.map((value) => (value === undefined ? "–" : bar.show(value))),
      verdict(bar, values)
    ]
  })
  const head = ["bar", "goal", ...runs.map((_, index) => (runs.length === 1 ? "measured" : `run ${index + 1}`)), ""]
  const widths = head.map((cell, column) => Math.max(cell.length, ...lines.map((line) => (line[column] ?? "").length)))
  const text = (line: ReadonlyArray<string>) =>
    `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`
  const rule = `|${widths.map((width, column) => "-".repeat(width + 1) + (column === 0 ? "-" : ":")).join("|")}|`
  const missed = due.filter(([name, bar]) => runs.some((run) => !holds(bar, run[name]))).length
  return { table: [text(head), rule, ...lines.map(text)].join("\n"), count: due.length, missed }
}
