// Where the worker serves HTTP, and the token that changing something needs. Off unless PORT is set.
import { Redacted, Schema } from "effect"
import { isIP } from "node:net"
import { text } from "./Words.ts"

export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly token: Redacted.Redacted | undefined
}

const isPort = (value: string): boolean => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535

/** Fewer can be guessed, and what is not visible ASCII no header carries. */
const isToken = (value: string): boolean => /^[\x21-\x7e]{16,200}$/.test(value)

export const endpointFields = {
  PORT: Schema.optionalKey(text((value) => (isPort(value) ? undefined : "must be a number from 1 to 65535"))),
  HOST: Schema.optionalKey(
    text((value) =>
      value === "localhost" || isIP(value) !== 0
        ? undefined
        : "must be an IP address of this machine: 127.0.0.1 for this machine alone, 0.0.0.0 for everybody who reaches it"
    )
  ),
  ADMIN_TOKEN: Schema.optionalKey(
    text((value) => (isToken(value) ? undefined : "must be 16 to 200 letters, digits and signs, without spaces"))
  )
}

type EndpointName = keyof typeof endpointFields

export const endpointExamples: Readonly<Record<EndpointName, string>> = {
  PORT: "8080",
  HOST: "127.0.0.1",
  ADMIN_TOKEN: "$(openssl rand -hex 24)"
}

export const isEndpointName = (name: string): name is EndpointName => Object.hasOwn(endpointExamples, name)

/** `localhost` is one of two addresses, and not on every machine the same. */
const addressOf = (host: string | undefined): string =>
  host === undefined || host === "localhost" ? "127.0.0.1" : host

export const endpointOf = ({
  ADMIN_TOKEN: token,
  HOST: host,
  PORT: port
}: Schema.Struct.Type<typeof endpointFields>): Endpoint | undefined =>
  port === undefined
    ? undefined
    : {
        host: addressOf(host),
        port: Number(port),
        token: token === undefined ? undefined : Redacted.make(token, { label: "ADMIN_TOKEN" })
      }
