// The texts that settings may hold, each a Schema with one sentence for what is wrong. No sentence quotes the value.
// Patterns stay out of the JSON schema on purpose: there, `${NAME}` is right everywhere.
import { DateTime, Option, Schema } from "effect"

/** A text of at least one character for which `wrong` has nothing to say. */
export const text = (wrong: (value: string) => string | undefined) =>
  Schema.String.check(Schema.makeFilter((value: string) => (value === "" ? "is empty" : (wrong(value) ?? true))))

const bytes = (value: string): number => new TextEncoder().encode(value).length

/** PostgreSQL cuts longer names without an error, and the cut name is another one. */
export const tooLongForPostgres = (value: string): string | undefined =>
  bytes(value) > 63 ? "is longer than the 63 bytes that PostgreSQL keeps of a name" : undefined

const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

const plain = (value: string): string | undefined =>
  control.test(value)
    ? "has control characters or line breaks in it"
    : value !== value.trim()
      ? "begins or ends with a space"
      : undefined

/** Names of databases, roles, columns and channels: as they are, without SQL's quotes. */
export const PostgresName = text((value) => plain(value) ?? tooLongForPostgres(value))

export const Name = text((value) => plain(value) ?? (value.length > 100 ? "is longer than 100 characters" : undefined))

const address = /^[^\s@<>()[\]\\,;:"]+@(?:[^\s@<>()[\]\\,;:".]+\.)+[^\s@<>()[\]\\,;:".]+$/u

export const EmailAddress = text((value) =>
  address.test(value) && !control.test(value) && value.length <= 254
    ? undefined
    : "must be one plain e-mail address, without a name, angle brackets or spaces"
)

const pathSegment = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

export const TenantId = text((value) =>
  ["common", "organizations", "consumers"].includes(value.toLowerCase())
    ? "must name one tenant: an application without a user cannot sign in to a shared one"
    : pathSegment.test(value)
      ? undefined
      : "must be the directory (tenant) id, a GUID, or the tenant's domain name"
)

export const ClientId = text((value) =>
  pathSegment.test(value) ? undefined : "must be the application (client) id, a GUID"
)

export const TimeZone = text((value) =>
  // Newer engines take offsets such as +02:00 for zones, which know no daylight saving.
  /^[A-Za-z]/.test(value) && Option.isSome(DateTime.zoneMakeNamed(value))
    ? undefined
    : "must be a time zone of the IANA list, written Area/City"
)

/** A day that the calendar has. */
export const Day = text((value) =>
  /^\d{4}-\d\d-\d\d$/.test(value) &&
  Option.match(DateTime.make(value), { onNone: () => false, onSome: (day) => DateTime.formatIsoDateUtc(day) === value })
    ? undefined
    : "must be a day, written YYYY-MM-DD"
)
