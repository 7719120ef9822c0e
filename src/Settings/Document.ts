// The Schema of the databases: what MAILER_DATABASES holds, and what numbered variables are turned into. The JSON schema
// in the repository is made from it. Decoding reads the PEM files that it names.
import { Schema } from "effect"
import { Capture, Reconcile, TemplateName, Wake } from "../Database.ts"
import { addressFields } from "./AddressFields.ts"
import { Authority, ClientCertificate } from "./Pem.ts"
import { BurstText } from "./BurstText.ts"
import { TableText } from "./TableText.ts"
import { TlsMode } from "./Tls.ts"
import { DurationText } from "./DurationText.ts"
import { DatabaseUrl } from "./Url.ts"
import { ClientId, Day, EmailAddress, Name, PostgresName, TenantId, text, TimeZone } from "./Words.ts"

/**
 * For editors only, and never false here: a Schema checks a whole object only when all its parts are right, so that
 * mistakes would be reported one after the other. Rules.ts finds them all at once.
 */
const exactlyOne = (...names: ReadonlyArray<string>) =>
  Schema.makeFilter(() => true, { toJsonSchema: () => ({ oneOf: names.map((name) => ({ required: [name] })) }) })

const atLeastOne = Schema.isMinLength(1, { message: "must have at least one entry" })

const Table = Schema.Struct({
  table: TableText,
  channel: Schema.optionalKey(PostgresName),
  template: Schema.optionalKey(
    TemplateName.annotate({ message: "must be inquiry, quote-request, contact-submission or record" })
  ),
  replyTo: Schema.optionalKey(PostgresName),
  createdAt: Schema.optionalKey(PostgresName),
  burst: Schema.optionalKey(BurstText)
})

const Mail = Schema.Struct({
  tenantId: TenantId,
  clientId: ClientId,
  clientSecret: Schema.optionalKey(Schema.RedactedFromValue(text(() => undefined))),
  clientSecretExpires: Schema.optionalKey(Day),
  clientCertificate: Schema.optionalKey(ClientCertificate),
  from: EmailAddress,
  to: Schema.Array(EmailAddress).check(atLeastOne),
  cc: Schema.optionalKey(Schema.Array(EmailAddress))
}).check(exactlyOne("clientSecret", "clientCertificate"))

const Entry = Schema.Struct({
  name: Schema.optionalKey(Name),
  url: Schema.optionalKey(DatabaseUrl),
  address: Schema.optionalKey(Schema.Struct(addressFields)),
  tls: Schema.optionalKey(Schema.Struct({ mode: Schema.optionalKey(TlsMode), ca: Schema.optionalKey(Authority) })),
  timeZone: Schema.optionalKey(TimeZone),
  reconcile: Schema.optionalKey(Reconcile.annotate({ message: "must be mailbox, resend or park" })),
  capture: Schema.optionalKey(Capture.annotate({ message: "must be outbox, notify or auto" })),
  wake: Schema.optionalKey(Wake.annotate({ message: "must be listen or poll" })),
  pollEvery: Schema.optionalKey(DurationText("10 seconds", "1 day")),
  retention: Schema.optionalKey(DurationText("1 day", "3650 days")),
  tables: Schema.Array(Table).check(atLeastOne),
  mail: Mail
}).check(exactlyOne("url", "address"))

export type Entry = typeof Entry.Type

export const Databases = Schema.Array(Entry).check(atLeastOne)
