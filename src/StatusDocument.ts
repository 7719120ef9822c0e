// The one document that says how everything fares: what /api/status answers and `status --json` prints. Texts and numbers
// only, null where something is not known. It holds neither secrets nor customer data.
import { Schema } from "effect"

const Condition = Schema.Literals(["sound", "degraded", "down", "unknown"]).annotate({
  description:
    "sound mails as it should, degraded mails late or in part, down mails nothing; unknown: no worker answers"
})
export type Condition = typeof Condition.Type

const Time = Schema.String.annotate({ description: "ISO 8601, in UTC" })

const described = <A extends Schema.Top>(schema: A, description: string): A["Rebuild"] =>
  schema.annotate({ description })

const Mailbox = Schema.Struct({
  standing: described(
    Schema.Literals(["open", "throttled", "blocked"]),
    "blocked: somebody has to repair what the reason says"
  ),
  reason: Schema.NullOr(Schema.String),
  nextAttempt: Schema.NullOr(Time)
})
export type Mailbox = typeof Mailbox.Type

const Counts = Schema.Struct({
  source: described(
    Schema.Literals(["outbox", "memory"]),
    "memory where nothing may be installed, and then only what waits is known"
  ),
  pausedSince: Schema.NullOr(Time),
  waiting: described(Schema.Natural, "notices that are to be mailed; 10,000 means so many or more"),
  held: described(Schema.Natural, "of those, held for a digest or in one, because many came at once"),
  uncertain: described(Schema.Natural, "of those, may have been sent already"),
  oldestWaitingSeconds: Schema.NullOr(Schema.Finite),
  parked: described(
    Schema.Record(Schema.String, Schema.Natural),
    "notices set aside for an operator to look at, by reason"
  ),
  sent: described(Schema.Natural, "in the last 24 hours"),
  gone: described(Schema.Natural, "whose rows were deleted before they were mailed, in the last 24 hours"),
  lastSentAt: Schema.NullOr(Time),
  recent: described(
    Schema.Array(Schema.Struct({ table: Schema.String, key: Schema.String, outcome: Schema.String, at: Time })),
    "what was settled last, the newest first"
  )
})
export type Counts = typeof Counts.Type

const DatabaseStatus = Schema.Struct({
  name: Schema.String,
  condition: Condition,
  state: described(
    Schema.Literals([
      "connecting",
      "listening",
      "polling",
      "waiting",
      "blocked",
      "quarantined",
      "paused",
      "elsewhere",
      "unknown"
    ]),
    "waiting heals by itself, blocked needs the repair that the reason says; paused: an operator wants it so; elsewhere: another worker of the cluster runs it; unknown: no worker answers"
  ),
  reason: Schema.NullOr(Schema.String),
  since: described(Schema.NullOr(Time), "since when it is in this state"),
  nextAttempt: Schema.NullOr(Time),
  crashes: described(Schema.NullOr(Schema.Natural), "without a healthy minute between"),
  restarts: described(Schema.NullOr(Schema.Natural), "starts after the first, for whatever reason"),
  clientSecretExpires: Schema.optionalKey(
    described(Schema.String, "the day on which the secret ends that its mails are sent with, where the settings say it")
  ),
  mailbox: described(Schema.NullOr(Mailbox), "the mailbox that its mails are sent from"),
  runBy: described(Schema.NullOr(Schema.String), "the worker of the cluster that runs it, if there is a cluster"),
  counts: described(Schema.NullOr(Counts), "a few seconds old at most; null while the database cannot be asked")
})
export type DatabaseStatus = typeof DatabaseStatus.Type

const ClusterStatus = Schema.Struct({
  self: described(Schema.NullOr(Schema.String), "the worker that says this; null if none answers"),
  storage: described(
    Schema.Literals(["sound", "away"]),
    "away: its database does not answer, and every worker goes on with what it has"
  ),
  reason: Schema.NullOr(Schema.String),
  since: described(Schema.NullOr(Time), "since when it is away"),
  workers: described(
    Schema.Array(Schema.Struct({ id: Schema.String, leaving: Schema.Boolean, databases: Schema.Natural })),
    "those that were heard of lately, with how many of the databases of this document each runs"
  ),
  share: described(Schema.NullOr(Schema.Natural), "how many each would run if all had the same number"),
  unowned: described(
    Schema.NullOr(Schema.Natural),
    "databases that no worker runs: for seconds, when workers come and go"
  )
})
export type ClusterStatus = typeof ClusterStatus.Type

export const StatusDocument = Schema.Struct({
  worker: described(
    Schema.NullOr(Schema.Struct({ version: Schema.String, startedAt: Time })),
    "who says this; null if it was read from the databases, because no worker answers"
  ),
  time: Time,
  condition: described(
    Condition,
    "sound: every database is; down: every database is; else degraded. One that is down makes /readyz answer 503"
  ),
  cluster: described(Schema.NullOr(ClusterStatus), "the workers that share the databases; null if they do not"),
  databases: Schema.Array(DatabaseStatus)
})
export type StatusDocument = typeof StatusDocument.Type

/** Open to more fields, which later versions will have. */
export const jsonSchemaText = (): string => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(StatusDocument)
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Status of Inquiries Mailer",
    ...schema,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
