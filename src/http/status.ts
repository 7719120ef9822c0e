// How everything fares, as the document that is answered: states and mailboxes from memory, counts from the databases, at
// most a few seconds old. A database that does not answer costs its own counts and nobody's time.
import { Cache, DateTime, Duration, Effect } from "effect"
import project from "../../package.json" with { type: "json" }
import type { Standing } from "../Mailer.ts"
import { explain } from "../Mailer.ts"
import { Operator } from "../Operator.ts"
import type { Status } from "../State.ts"
import type { ClusterStatus, Condition, Counts, DatabaseStatus, Mailbox, StatusDocument } from "../StatusDocument.ts"
import type { Statuses } from "../Supervisor.ts"

/** How the mailbox of each database stands, by the database's name. */
export type Standings = ReadonlyMap<string, Effect.Effect<Standing>>

/** However often it is asked for, a database is asked once in so long. */
const countsLast = Duration.seconds(5)
const countsTimeout = Duration.seconds(2)

/** Counts by the database's name; null while it cannot be asked. */
export const counts: Effect.Effect<(database: string) => Effect.Effect<Counts | null>, never, Operator> = Effect.gen(
  function* () {
    const operator = yield* Operator
    const cache = yield* Cache.make({
      capacity: 10_000,
      timeToLive: countsLast,
      lookup: countNow(operator)
    })
    return (database: string) => Cache.get(cache, database)
  }
)

/** The same, never from memory. */
export const countNow = (operator: Operator["Service"]) => (database: string) =>
  operator.counts(database).pipe(
    Effect.orElseSucceed((): Counts | null => null),
    Effect.timeoutOrElse({ duration: countsTimeout, orElse: () => Effect.succeed(null) })
  )

/** Without counts. */
export const fare = Effect.fnUntraced(function* (statuses: Statuses, standings: Standings) {
  const now = yield* DateTime.now
  const databases: Array<DatabaseStatus> = []
  for (const [name, status] of statuses) {
    const standing = standings.get(name)
    databases.push(one(name, status, standing && (yield* standing), now))
  }
  return databases
})

const one = (
  name: string,
  { crashes, restarts, since, state }: Status,
  standing: Standing | undefined,
  now: DateTime.Utc
): DatabaseStatus => ({
  name,
  condition: conditionOf(state, standing),
  state: state._tag,
  reason: "reason" in state ? state.reason : null,
  since: iso(since),
  nextAttempt: "nextAttempt" in state ? iso(state.nextAttempt) : null,
  crashes,
  restarts,
  // What this process does not send from it knows nothing of.
  mailbox: standing === undefined || state._tag === "elsewhere" ? null : mailboxOf(standing, now),
  runBy: null,
  counts: null
})

const conditionOf = (state: Status["state"], standing: Standing | undefined): Condition => {
  // Another worker tells how it fares.
  if (state._tag === "elsewhere") return "sound"
  if (standing?._tag === "Probe" || (standing?._tag === "Closed" && standing.reason._tag === "Blocked")) return "down"
  const sound = standing?._tag === "Closed" ? "degraded" : "sound"
  switch (state._tag) {
    case "listening":
      return sound
    case "polling":
      return state.wanted ? sound : "degraded"
    // As somebody wants it: nothing is broken.
    case "paused":
      return "degraded"
    case "blocked":
      // It goes on with what it can, and the reason says with what it cannot.
      return state.nextAttempt === undefined ? "degraded" : "down"
    case "connecting":
    case "waiting":
    case "quarantined":
      return "down"
  }
}

const mailboxOf = (standing: Standing, now: DateTime.Utc): Mailbox => {
  switch (standing._tag) {
    case "Open":
      return { standing: "open", reason: null, nextAttempt: null }
    case "Probe":
      return { standing: "blocked", reason: "one mail is tried, to see whether it is repaired", nextAttempt: iso(now) }
    case "Closed":
      return {
        standing: standing.reason._tag === "Blocked" ? "blocked" : "throttled",
        reason: explain(standing.reason),
        nextAttempt: iso(DateTime.addDuration(now, standing.wait))
      }
  }
}

/** Of all together. */
export const overall = (databases: ReadonlyArray<DatabaseStatus>): Condition => {
  const conditions = new Set(databases.map(({ condition }) => condition))
  const [only] = conditions
  return conditions.size === 1 && only !== undefined ? only : "degraded"
}

/** Who says it. */
export const worker = (startedAt: DateTime.Utc) => ({
  version: project.version,
  startedAt: DateTime.formatIso(startedAt)
})

export const documentOf = (
  startedAt: DateTime.Utc,
  time: DateTime.Utc,
  databases: ReadonlyArray<DatabaseStatus>,
  cluster: ClusterStatus | null
): StatusDocument => ({
  worker: worker(startedAt),
  time: DateTime.formatIso(time),
  condition: overall(databases),
  cluster,
  databases
})

const iso = (time: DateTime.Utc | undefined): string | null => (time === undefined ? null : DateTime.formatIso(time))
