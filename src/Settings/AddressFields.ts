// The parts of a database's address, checked alike whether they come from a URL, from PG* variables or from JSON.
import { isIPv6 } from "node:net"
import { Schema } from "effect"
import type { Address } from "../Database.ts"
import { isSocket, tlsFor, type TlsMode } from "./Tls.ts"
import { PostgresName, text } from "./Words.ts"

const hostName = /^[\p{L}\p{N}_](?:[\p{L}\p{N}._-]*[\p{L}\p{N}_])?\.?$/u

const Host = text((value) =>
  isSocket(value)
    ? /\p{Cc}/u.test(value)
      ? "has control characters in it"
      : undefined
    : (hostName.test(value) && value.length <= 253) || isIPv6(value)
      ? undefined
      : "must be a host name, an IP address or the directory of a Unix socket, and nothing else"
)

const wrongPort = "must be a whole number from 1 to 65535"

const Port = Schema.Number.annotate({ message: wrongPort }).check(
  Schema.isInt({ message: wrongPort }),
  Schema.isBetween({ minimum: 1, maximum: 65535 }, { message: wrongPort })
)

/** What is no number stays as it is, for the Schema to refuse. */
export const portNumber = (written: string): number | string => (/^\d{1,9}$/.test(written) ? Number(written) : written)

export const addressFields = {
  host: Host,
  port: Schema.optionalKey(Port),
  database: PostgresName,
  user: PostgresName,
  password: Schema.optionalKey(
    Schema.RedactedFromValue(text((value) => (value.includes("\0") ? "has a zero byte in it" : undefined)))
  )
}

type Fields = Schema.Struct.Type<typeof addressFields>

/** With what holds where nothing is said. */
export const addressOf = (
  { database, host, password, port = 5432, user }: Fields,
  mode: TlsMode | undefined,
  ca: string | undefined
): Address => ({ host, port, database, user, password, tls: tlsFor(host, mode, ca) })
