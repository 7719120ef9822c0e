// `status`: how every configured database stands, from the running worker where one answers, else from the databases
// themselves, which know neither a worker's state nor its mailboxes. What cannot be asked is shown as that.
import { Console, DateTime, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { showCount } from "../Counts.ts"
import type { Database } from "../Database.ts"
import * as Expiry from "../Expiry.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { Operator } from "../Operator.ts"
import type { Endpoint } from "../Settings/Endpoint.ts"
import type { DatabaseStatus, StatusDocument } from "../StatusDocument.ts"
import { workerStatus } from "./askWorker.ts"
import { choose } from "./choose.ts"
import { settings } from "./settings.ts"

const flags = {
  database: Flag.String("database").pipe(
    Flag.optional,
    Flag.withDescription("Only this one, by its name, with what it mailed last.")
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("For a machine to read: the document of schema/status.schema.json.")
  )
}

interface Flags {
  readonly database: Option.Option<string>
  readonly json: boolean
}

const handler = Effect.fn("command.status")(function* ({ database, json }: Flags) {
  const { databases, endpoint } = yield* settings
  const chosen = yield* choose(databases, Option.getOrUndefined(database))
  const told = endpoint === undefined ? undefined : yield* fromWorker(endpoint, chosen)
  const found = told ?? (yield* fromDatabases(chosen).pipe(Effect.provide(Operator.layer(databases))))
  const now = yield* DateTime.now
  const document: StatusDocument = { ...found, databases: found.databases.map(withSecret(chosen)) }
  yield* Console.log(
    json
      ? JSON.stringify(document, undefined, 2)
      : [table(document, Option.isSome(database)), ...endings(chosen, now)].join("\n")
  )
  if (document.databases.some(({ condition, counts }) => condition === "down" || counts === null)) {
    return yield* new ExitStatus({ code: exitCodes.unavailable })
  }
})

/** Said by the settings, whoever is asked for the rest. */
const withSecret =
  (chosen: ReadonlyArray<Database>) =>
  (status: DatabaseStatus): DatabaseStatus => {
    const proof = chosen.find(({ name }) => name === status.name)?.credential.proof
    return proof?._tag === "Secret" && proof.expires !== undefined
      ? { ...status, clientSecretExpires: proof.expires }
      : status
  }

const endings = (chosen: ReadonlyArray<Database>, now: DateTime.Utc): ReadonlyArray<string> =>
  chosen.flatMap((database) => Expiry.findings(database, now).map(({ detail }) => `${database.name}: ${detail}`))

/** Undefined where none answers. A database that it does not watch, because its settings are older, is shown as that. */
const fromWorker = Effect.fnUntraced(
  function* (endpoint: Endpoint, chosen: ReadonlyArray<Database>) {
    const document = yield* workerStatus(endpoint)
    const databases = chosen.map(
      ({ name }) =>
        document.databases.find((each) => each.name === name) ??
        unasked(name, "the running worker does not watch it: restart it with these settings")
    )
    return { ...document, databases } satisfies StatusDocument
  },
  Effect.catchTag("NoAnswer", ({ reason }) => Effect.as(Console.error(`${reason}: asking the databases`), undefined))
)

const fromDatabases = Effect.fnUntraced(function* (chosen: ReadonlyArray<Database>) {
  const databases = yield* Effect.forEach(
    chosen,
    ({ name }) =>
      Operator.use(({ counts }) => counts(name)).pipe(
        Effect.map((counts): DatabaseStatus => ({
          ...unasked(name, null),
          state: counts.pausedSince === null ? "unknown" : "paused",
          counts
        })),
        Effect.catch(({ reason }) => Effect.succeed(unasked(name, reason)))
      ),
    { concurrency: "unbounded" }
  )
  const time = DateTime.formatIso(yield* DateTime.now)
  const document: StatusDocument = { worker: null, time, condition: "unknown", databases }
  return document
})

const unasked = (name: string, reason: string | null): DatabaseStatus => ({
  ...{ name, condition: "unknown", state: "unknown", reason, since: null, nextAttempt: null },
  ...{ crashes: null, restarts: null, mailbox: null, counts: null }
})

const titles = ["database", "state", "waiting", "oldest", "uncertain", "parked", "sent 24 h", "gone 24 h", "last mail"]

/** Columns, and below them what does not fit into one. */
export const table = ({ databases, worker }: StatusDocument, withRecent: boolean): string => {
  const rows = [titles, ...databases.map((each) => cells(each, worker !== null))]
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)))
  const aligned = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  )
  return [...aligned, ...databases.flatMap((each) => notes(each, withRecent))].join("\n")
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
  { counts, mailbox, name, nextAttempt, reason, since, state }: DatabaseStatus,
  withRecent: boolean
): ReadonlyArray<string> => {
  const note = (text: string) => `${name}: ${text}`
  const next = (time: string | null) => (time === null ? "" : `; next attempt at ${time}`)
  const paused = counts?.pausedSince ?? null
  const parked = Object.entries(counts?.parked ?? {}).map(([reason, count]) => `${showCount(count)} ${reason}`)
  return [
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

export const statusCommand = Command.make("status", flags, handler).pipe(
  Command.withDescription("How every database stands: its state, what waits, what was parked, what was mailed last.")
)
