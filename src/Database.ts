// The words for what is watched: a monitored database, its tables, and how to reach it.
// Values here are complete and valid: Settings made them, nothing below checks them again.
import type { Duration, Redacted } from "effect"
import { Schema } from "effect"
import type { Credential } from "./Credential.ts"

/** A configured database's name: unique in a configuration, shown in logs, recorded with its triggers. */
export const DatabaseName = Schema.NonEmptyString.pipe(Schema.brand("DatabaseName"))
export type DatabaseName = typeof DatabaseName.Type

export const TemplateName = Schema.Literals(["inquiry", "quote-request", "contact-submission", "record"])
export type TemplateName = typeof TemplateName.Type

/**
 * How to encrypt. `require` encrypts and verifies only if a CA is given; `verify-full` always verifies chain and host
 * name. `ca` is PEM text.
 */
export type Tls =
  | { readonly mode: "disable" }
  | { readonly mode: "require" | "verify-full"; readonly ca: string | undefined }

/**
 * What becomes of a mail of which nobody knows whether it was accepted. `mailbox` looks for it in the sender's mailbox,
 * `resend` sends it again under the same Message-ID, `park` sets it aside for a person.
 */
export const Reconcile = Schema.Literals(["mailbox", "resend", "park"])
export type Reconcile = typeof Reconcile.Type

/**
 * What tells of new rows. `outbox` is a table and a trigger of ours, `notify` the customer's own notifications; `auto` is
 * the outbox where it is installed, else `notify`.
 */
export const Capture = Schema.Literals(["outbox", "notify", "auto"])
export type Capture = typeof Capture.Type

/** How new rows are noticed: `listen` holds a connection, `poll` holds none between two looks. */
export const Wake = Schema.Literals(["listen", "poll"])
export type Wake = typeof Wake.Type

export interface Address {
  /** A host name, an IP address, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: Redacted.Redacted | undefined
  readonly tls: Tls
}

export interface TableName {
  /** Absent: found along the search_path that this user has in this database. */
  readonly schema: string | undefined
  readonly name: string
}

/** More than `rows` within this time are mailed as a digest, see `Burst`. */
export interface Burst {
  readonly rows: number
  readonly within: Duration.Duration
}

export interface Table {
  readonly name: TableName
  /** What the customer's own trigger notifies, for capture without the outbox; ours is always `inquiries_mailer`. */
  readonly channel: string
  readonly template: TemplateName
  /** The column with the address that answers go to. */
  readonly replyTo: string
  /** The column that says when the row was written. */
  readonly createdAt: string
  readonly burst?: Burst
}

export interface Envelope {
  readonly from: string
  readonly to: ReadonlyArray<string>
  readonly cc: ReadonlyArray<string>
}

export interface Database {
  readonly name: DatabaseName
  readonly address: Address
  /** IANA. Times without zone are read and shown in it. */
  readonly timeZone: string
  readonly tables: ReadonlyArray<Table>
  readonly credential: Credential
  readonly envelope: Envelope
  readonly reconcile: Reconcile
  readonly capture: Capture
  readonly wake: Wake
  /** Between two looks that nothing has woken. */
  readonly pollEvery: Duration.Duration
  /** How long settled notices are kept. */
  readonly retention: Duration.Duration
}

/** `schema.name`, or `name`: for people, never for SQL. */
export const showTable = (table: TableName): string =>
  table.schema === undefined ? table.name : `${table.schema}.${table.name}`
