// What the states of databases show that somebody must hear of: one that cannot be mailed from, and one whose monitor
// crashes. Kept in memory, because the database is away: each worker tells for itself, and after a restart once more.
import { Clock, DateTime, Duration, Effect, SubscriptionRef } from "effect"
import { Alert, tell } from "./Alert.ts"
import type { Database } from "./Database.ts"
import * as Expiry from "./Expiry.ts"
import type { Finding, Kind } from "./Incident.ts"
import * as IncidentBook from "./IncidentBook.ts"
import { standby } from "./NotifyMonitor.ts"
import type { State, Status } from "./State.ts"
import { undecided } from "./SweepRounds.ts"

const every = Duration.seconds(10)
/** Restarts and failovers are over by then. */
const patience = Duration.minutes(5)
/** Working for this long it is sound again; a monitor that crashes again and again works for moments, too. */
const sound = Duration.minutes(1)

/** Watches for ever. */
export const watch = Effect.fnUntraced(function* (
  statuses: SubscriptionRef.SubscriptionRef<ReadonlyMap<string, Status>>,
  /** Those where nothing is installed, which tell of the end of their secret in here, too. */
  expiring: ReadonlyArray<Database> = []
) {
  const alert = yield* Alert
  if (alert === undefined) return
  const watched = [...(yield* SubscriptionRef.get(statuses)).keys()].map((name) => ({
    name,
    book: IncidentBook.inMemory(name),
    history: history()
  }))
  while (true) {
    const now = yield* Clock.currentTimeMillis
    const all = yield* SubscriptionRef.get(statuses)
    for (const { book, history, name } of watched) {
      const status = all.get(name)
      if (status === undefined) continue
      const { complete, findings } = history(status.state, now)
      const database = expiring.find((each) => each.name === name)
      const ending = database === undefined ? [] : Expiry.findings(database, DateTime.makeUnsafe(now))
      const noted = book.note([...findings, ...ending], [...complete, "expiry"])
      yield* Effect.forkChild(tell(alert, book, yield* Effect.orDie(noted)))
    }
    yield* Effect.sleep(every)
  }
})

interface Judgement {
  readonly findings: ReadonlyArray<Finding>
  readonly complete: ReadonlyArray<Kind>
}

/** Judges one database by its states, one look after the other. */
export const history = () => {
  let away: { readonly since: number; readonly reason: string } | undefined
  let working: number | undefined
  return (state: State, now: number): Judgement => {
    if (works(state)) {
      away = undefined
      working ??= now
      return { findings: [], complete: now - working >= Duration.toMillis(sound) ? both : ["unreachable"] }
    }
    working = undefined
    if (state._tag === "quarantined") {
      const detail = `${state.reason}. It is tried again every 5 minutes, and the log shows where it crashes: restart the worker, and report it.`
      return { findings: [{ kind: "quarantine", table: "", detail }], complete: [] }
    }
    const reason = "reason" in state ? state.reason : away?.reason
    away = { since: away?.since ?? now, reason: reason ?? "no connection comes about" }
    if (now - away.since < Duration.toMillis(patience)) return { findings: [], complete: [] }
    const detail = `${away.reason}. It is tried again all the while, and what waits is mailed when it is back.`
    return { findings: [{ kind: "unreachable", table: "", detail }], complete: [] }
  }
}

const both: ReadonlyArray<Kind> = ["unreachable", "quarantine"]

/** Whether its mail gets on, as far as the database goes. */
export const works = (state: State): boolean => {
  switch (state._tag) {
    case "listening":
    case "polling":
    // Another worker tells.
    case "elsewhere":
    // An operator knows.
    case "paused":
      return true
    case "connecting":
    case "quarantined":
      return false
    // Neither waits for the database: another worker mails from it, or the sweep's finds have an alert of their own.
    case "waiting":
    case "blocked":
      return state.reason === standby || state.reason.includes(undecided)
  }
}
