// The one document that says how everything fares: what /api/status answers and `status --json` prints. Texts and numbers
// only, null where something is not known. It holds neither secrets nor customer data.
import { Schema } from "effect"

const Condition = Schema.Literals(["sound", "degraded", "down", "unknown"]).annotate({
  description:
    "sound mails as it should, degraded mails late or in part, down mails nothing; unknown: no worker answers"
})
export type Condition = typeof Condition.Type

const Time = Schema.String.annotate({ description: "ISO 8601, in UTC" })
const Count = Schema.Natural

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
  waiting: described(Count, "notices that are to be mailed"),
  parked: described(Count, "notices set aside, for an operator to look at"),
  gone: described(Count, "notices whose rows were deleted before they were mailed"),
  lastMail: Schema.NullOr(Time)
})
export type Counts = typeof Counts.Type

const DatabaseStatus = Schema.Struct({
  name: Schema.String,
  condition: Condition,
  state: described(
    Schema.Literals(["connecting", "listening", "polling", "waiting", "blocked", "quarantined", "unknown"]),
    "waiting heals by itself, blocked needs the repair that the reason says; unknown: no worker answers"
  ),
  reason: Schema.NullOr(Schema.String),
  since: described(Schema.NullOr(Time), "since when it is in this state"),
  nextAttempt: Schema.NullOr(Time),
  crashes: described(Schema.NullOr(Count), "without a healthy minute between"),
  restarts: described(Schema.NullOr(Count), "starts after the first, for whatever reason"),
  mailbox: described(Schema.NullOr(Mailbox), "the mailbox that its mails are sent from"),
  counts: described(Schema.NullOr(Counts), "a few seconds old at most; null while the database cannot be asked")
})
export type DatabaseStatus = typeof DatabaseStatus.Type

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
