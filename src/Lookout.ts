// Looks, now and then, at how the mail of one database gets on: the numbers for the metrics, and what somebody must hear of.
// It is housekeeping: that it fails stops no mail, and is said once.
import { DateTime, Duration, Effect } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import { Alert, tell } from "./Alert.ts"
import * as Backlog from "./Backlog.ts"
import type { Tables } from "./Batch.ts"
import * as Connects from "./Connects.ts"
import type { Database } from "./Database.ts"
import * as Expiry from "./Expiry.ts"
import type { Finding, Kind } from "./Incident.ts"
import * as IncidentBook from "./IncidentBook.ts"
import { explain, Mailer } from "./Mailer.ts"
import * as Metrics from "./Metrics.ts"
import * as Said from "./Said.ts"
import type { Outage } from "./State.ts"
import * as Trigger from "./Trigger.ts"

/** Rare enough to cost nothing. */
const every = Duration.seconds(30)
/** Waiting longer than this is no hiccup. Where somebody only looks now and then, the time between two looks is added. */
const patience = Duration.minutes(10)

const always: ReadonlyArray<Kind> = ["backlog", "parked", "trigger", "fuse", "expiry"]

/**
 * Both know what they saw before. `once` is to be run again and again, and ends when everything is told, after a minute at most;
 * `forever` waits for no receiver. `rests`: for so long nobody looks for new rows.
 */
export const make = Effect.fnUntraced(function* (
  database: Database,
  tables: Tables,
  faults: Trigger.Faults,
  rests: Duration.Duration
) {
  const alert = yield* Alert
  const mailer = yield* Mailer
  const book = yield* IncidentBook.inOutbox(database.name, database.retention)
  let sent = yield* Metrics.sent(database)
  const say = Said.make()

  const look = Effect.gen(function* () {
    const standings = yield* Backlog.look(database.name, [...tables.keys()])
    const all = sum(standings)
    yield* Metrics.setBacklog(database.name, all)
    if (alert === undefined) return Effect.void
    yield* Trigger.look(faults, tables)
    const findings: Array<Finding> = [...tables].flatMap(([number, { description }]) =>
      ofTable(
        `${description.schema}.${description.name}`,
        standings.find((s) => s.number === number),
        faults.lost.has(number)
      )
    )
    if (all.age > Duration.toSeconds(Duration.sum(patience, rests))) findings.push(late(all))
    // By the database's clock, on which all replicas agree.
    findings.push(...Expiry.findings(database, DateTime.makeUnsafe(all.now)))
    const standing = yield* mailer.standing
    const blocked = standing._tag !== "Open" && standing.reason._tag === "Blocked" ? standing.reason : undefined
    if (blocked !== undefined) findings.push({ kind: "blocked", table: "", detail: explain(blocked) })
    // After a start every mailbox counts as open: only a mail that was sent is a proof.
    const before = sent
    sent = yield* Metrics.sent(database)
    const complete: ReadonlyArray<Kind> = blocked === undefined && sent > before ? [...always, "blocked"] : always
    if (findings.length === 0 && all.incidents === 0) return Effect.void
    return tell(alert, book, yield* book.note(findings, complete))
  })

  /** What there is to tell then. */
  const seen: Effect.Effect<Effect.Effect<void>, never, SqlClient> = look.pipe(
    Effect.matchEffect({
      onSuccess: (telling) => Effect.as(say(undefined), telling),
      onFailure: ({ reason }: Outage) =>
        Effect.as(say(`how the mail gets on could not be seen, tried again later: ${reason}`), Effect.void)
    })
  )
  return {
    once: Effect.flatten(seen),
    // Other databases are opened first.
    forever: Effect.andThen(
      Connects.inTurn(database.address, Effect.void),
      Effect.forever(Effect.andThen(Effect.flatMap(seen, Effect.forkChild), Effect.sleep(every)))
    )
  }
})

const sum = (standings: ReadonlyArray<Backlog.Standing>) => ({
  waiting: standings.reduce((all, { waiting }) => all + waiting, 0),
  age: Math.max(0, ...standings.map(({ age }) => age)),
  parked: standings.reduce((all, { parked }) => all + parked, 0),
  incidents: standings[0]?.incidents ?? 0,
  now: standings[0]?.now ?? 0
})

const late = ({ age, waiting }: Metrics.Backlog): Finding => ({
  kind: "backlog",
  table: "",
  detail: `${waiting} rows wait, the oldest for ${Math.floor(age / 60)} minutes. The worker's log says why each of them does.`
})

const ofTable = (table: string, standing: Backlog.Standing | undefined, lost: boolean): ReadonlyArray<Finding> => {
  const { parked = 0, undecided = 0 } = standing ?? {}
  const findings: Array<Finding> = []
  if (parked > 0) {
    const detail = `${parked} are parked: look with \`inquiries-mailer parked list\`, then decide with parked retry or parked discard.`
    findings.push({ kind: "parked", table, detail })
  }
  if (lost) findings.push({ kind: "trigger", table, detail: "Run `inquiries-mailer migrate`." })
  if (undecided > 0) {
    const detail = `${undecided} rows wait. Look with \`inquiries-mailer sweep\`, then decide with --approve or --dismiss.`
    findings.push({ kind: "fuse", table, detail })
  }
  return findings
}
