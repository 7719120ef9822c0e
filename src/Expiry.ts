// When a client secret ends, and in which steps somebody is warned of it. The day comes from the settings: Microsoft tells it
// to nobody who only sends. Days are those of UTC.
import { DateTime, Duration, Effect } from "effect"
import type { Credential } from "./Credential.ts"
import type { Database } from "./Database.ts"
import type { Finding } from "./Incident.ts"
import * as Said from "./Said.ts"

/** Days before the end. */
const steps = [30, 14, 7, 1] as const
const every = Duration.hours(1)

export interface Ending {
  /** As YYYY-MM-DD. */
  readonly day: string
  /** Until then; negative when it is over. */
  readonly days: number
  /** The step that is reached; 0 when it is over, undefined while it is far away. */
  readonly step: 0 | (typeof steps)[number] | undefined
}

/** Undefined where nobody has said when the secret ends. */
export const ending = ({ proof }: Credential, now: DateTime.Utc): Ending | undefined => {
  if (proof._tag !== "Secret" || proof.expires === undefined) return undefined
  const today = DateTime.removeTime(now)
  const days = Math.round(
    (DateTime.toEpochMillis(DateTime.makeUnsafe(proof.expires)) - DateTime.toEpochMillis(today)) / 86_400_000
  )
  return { day: proof.expires, days, step: days < 0 ? 0 : steps.findLast((step) => days <= step) }
}

const repair = "Make a new one in Entra, set CLIENT_SECRET and CLIENT_SECRET_EXPIRES to it, and restart the worker."

/** The same for each day of a step, so that it is told once. */
export const sentence = ({ clientId }: Pick<Credential, "clientId">, { day, step }: Ending): string =>
  step === 0
    ? `The client secret of application ${clientId} ended on ${day}: no mail can be sent with it. ${repair}`
    : `The client secret of application ${clientId} ends on ${day}, in ${step === 1 ? "1 day" : `${step} days`} or less. ${repair}`

/** Of databases with one application the first tells of its secret, for all of them. */
export const tellers = (databases: ReadonlyArray<Database>): ReadonlySet<Database> => {
  const told = new Map<string, Database>()
  // What is kept in an outbox is told once by all replicas together.
  for (const database of [
    ...databases.filter(({ capture }) => capture !== "notify"),
    ...databases.filter(({ capture }) => capture === "notify")
  ]) {
    const { credential } = database
    const day = credential.proof._tag === "Secret" ? (credential.proof.expires ?? "") : ""
    const key = [credential.tenantId, credential.clientId, day].join(" ").toLowerCase()
    if (!told.has(key)) told.set(key, database)
  }
  return new Set(told.values())
}

export const findings = ({ credential }: Pick<Database, "credential">, now: DateTime.Utc): ReadonlyArray<Finding> => {
  const found = ending(credential, now)
  return found?.step === undefined ? [] : [{ kind: "expiry", table: "", detail: sentence(credential, found) }]
}

/** The same database, of whose secret another one tells. */
export const silent = (database: Database): Database => {
  const { credential } = database
  return credential.proof._tag === "Secret"
    ? { ...database, credential: { ...credential, proof: { ...credential.proof, expires: undefined } } }
    : database
}

/** Says in the log what is to be said, once a step, for ever. */
export const watch = Effect.fnUntraced(function* (databases: ReadonlyArray<Database>) {
  const sayings = [...tellers(databases)].map((database) => ({ database, say: Said.make() }))
  while (true) {
    const now = yield* DateTime.now
    for (const { database, say } of sayings) {
      yield* Effect.annotateLogs(say(findings(database, now)[0]?.detail), { database: database.name })
    }
    yield* Effect.sleep(every)
  }
})
