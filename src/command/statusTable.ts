// What `status` shows of its document: a line a database, and below them what does not fit into one.
import { showCount } from "../Counts.ts"
import type { ClusterStatus, DatabaseStatus, StatusDocument } from "../StatusDocument.ts"

const titles = ["database", "state", "waiting", "oldest", "uncertain", "parked", "sent 24 h", "gone 24 h", "last mail"]

/** Columns, and below them what does not fit into one. */
export const table = ({ cluster, databases, worker }: StatusDocument, withRecent: boolean): string => {
  const rows = [titles, ...databases.map((each) => cells(each, worker !== null))]
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  const aligned = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  )
  return [...aligned, ...databases.flatMap((each) => notes(each, withRecent)), ...shared(cluster)].join("\n")
}

const cells = ({ counts, name, state }: DatabaseStatus, asked: boolean): ReadonlyArray<string> => {
  const shown = state !== "unknown" ? state : counts === null || asked ? "not known" : "not paused"
  if (counts === null) return [name, shown, ...titles.slice(2).map(() => "-")]
  return [
    name,
    shown,
    showCount(counts.waiting),
    span(counts.oldestWaitingSeconds),
    showCount(counts.uncertain),
    showCount(Object.values(counts.parked).reduce((sum, count) => sum + count, 0)),
    showCount(counts.sent),
    showCount(counts.gone),
    counts.lastSentAt ?? "-"
  ]
}

const notes = (
  { counts, mailbox, name, nextAttempt, reason, runBy, since, state }: DatabaseStatus,
  withRecent: boolean
): ReadonlyArray<string> => {
  const note = (text: string) => `${name}: ${text}`
  const next = (time: string | null) => (time === null ? "" : `; next attempt at ${time}`)
  const paused = counts?.pausedSince ?? null
  const parked = Object.entries(counts?.parked ?? {}).map(([reason, count]) => `${showCount(count)} ${reason}`)
  return [
    ...(runBy === null ? [] : [note(`run by ${runBy}`)]),
    ...(reason === null || state === "paused"
      ? []
      : [note(`${since === null ? "" : `since ${since}: `}${reason}${next(nextAttempt)}`)]),
    ...(mailbox === null || mailbox.reason === null
      ? []
      : [note(`its mailbox is ${mailbox.standing}: ${mailbox.reason}${next(mailbox.nextAttempt)}`)]),
    ...(paused === null ? [] : [note(`paused since ${paused}; \`inquiries-mailer resume\` ends it`)]),
    ...(counts === null || counts.held === 0
      ? []
      : [note(`${showCount(counts.held)} of those that wait are held for a digest, because many came at once`)]),
    ...(parked.length === 0 ? [] : [note(`parked: ${parked.join(", ")}; see \`inquiries-mailer parked list\``)]),
    ...(withRecent
      ? (counts?.recent ?? []).map(({ at, key, outcome, table }) => note(`${at} ${table} #${key} ${outcome}`))
      : [])
  ]
}

/** How even the share is. */
const shared = (cluster: ClusterStatus | null): ReadonlyArray<string> => {
  if (cluster === null) return []
  if (cluster.storage === "away") return [`the cluster's database does not answer: ${cluster.reason}`]
  return [
    ...cluster.workers.map(
      ({ databases, id, leaving }) =>
        `worker ${id}${id === cluster.self ? " (this one)" : ""}: runs ${databases} databases${leaving ? ", and leaves" : ""}`
    ),
    `an even share is ${cluster.share}; nobody runs ${cluster.unowned}`
  ]
}

const units = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1]
] as const

/** In the largest unit that fits, cut off: it is for a glance. */
const span = (seconds: number | null): string => {
  if (seconds === null) return "-"
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? ["s", 1]
  return `${Math.floor(seconds / size)} ${unit}`
}
