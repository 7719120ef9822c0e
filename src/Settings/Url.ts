// A database URL taken apart, as libpq would. Ours, because a library's error quotes the URL with its password.
// No sentence here quotes a piece of it: of a malformed URL, every piece may be a piece of the password.
import { Effect, Record, Result, Schema, SchemaGetter, SchemaIssue, SchemaTransformation } from "effect"
import { addressFields, portNumber } from "./AddressFields.ts"
import { nearest } from "./Nearest.ts"
import { Authority } from "./Pem.ts"
import { TlsMode } from "./Tls.ts"

/** By the names of an entry's address: host, port, database, user, password, mode, ca. */
type Parts = Readonly<Record<string, string>>

const parameters: Parts = {
  host: "host",
  port: "port",
  dbname: "database",
  user: "user",
  password: "password",
  sslmode: "mode",
  sslrootcert: "ca"
}

const namedByParameter: Parts = { mode: "sslmode", ca: "sslrootcert" }

/** What a part of an address is called in a URL. */
export const parameterOf = (part: PropertyKey): string => namedByParameter[String(part)] ?? String(part)

/** Of a part that is wrong, as a sentence about the whole. */
export const inUrl = (part: PropertyKey, problem: string): string => `the ${parameterOf(part)} in it ${problem}`

/** They change nothing that matters here: names for statistics, time-outs we set ourselves, pools of other programs. */
const ignored = [
  ...["application_name", "fallback_application_name", "client_encoding", "connect_timeout", "channel_binding"],
  ...["keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"],
  ...["gssencmode", "krbsrvname", "sslcompression", "sslsni", "target_session_attrs", "uselibpqcompat"],
  ...["pgbouncer", "connection_limit", "pool_timeout", "schema"]
]

const refused: Readonly<Record<string, string>> = {
  options: "name the schema in the table instead; Neon's endpoint is found by the host's name",
  service: "write the address out",
  passfile: "write the password into the URL or use PGPASSWORD",
  hostaddr: "use host",
  sslcert: "signing in to PostgreSQL by certificate is not supported",
  sslkey: "signing in to PostgreSQL by certificate is not supported",
  sslpassword: "signing in to PostgreSQL by certificate is not supported",
  sslcrl: "revocation lists are not supported",
  ssl: "use sslmode",
  requiressl: "use sslmode"
}

const advice = "write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25 in user and password"

const decode = (text: string): Result.Result<string, string> =>
  Result.try({
    try: () => decodeURIComponent(text),
    catch: () => `has a % that is no percent-encoding in it: ${advice}`
  })

const parameter = (pair: string): Result.Result<Parts, string> => {
  const name = pair.split("=", 1).join("")
  const part = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (part !== undefined) return Result.map(decode(pair.slice(name.length + 1)), (value) => ({ [part]: value }))
  if (ignored.includes(name)) return Result.succeed({})
  if (Object.hasOwn(refused, name)) return Result.fail(`has the parameter ${name} in it: ${refused[name]}`)
  const meant = nearest(name, [...Object.keys(parameters), ...ignored])
  return Result.fail(
    `has a parameter that is not known here${meant === undefined ? "" : `; did you mean ${meant}?`}; if it is part of the password, ${advice}`
  )
}

const shape =
  /^postgres(?:ql)?:\/\/(?:([^/?]*)@)?(?:\[([^\]@/?]*)\]|([^:@/?[\]]*))(?::(\d*))?(?:\/([^/?]*))?(?:\?(.*))?$/i

export const parseUrl = (url: string): Result.Result<Parts, string> =>
  Result.gen(function* () {
    if (!/^postgres(?:ql)?:\/\//i.test(url)) return yield* Result.fail("must begin with postgres:// or postgresql://")
    if (/[\s\p{Cc}]/u.test(url)) return yield* Result.fail("has a space or a line break in it: write a space as %20")
    const match = shape.exec(url)
    // An @ behind the host belongs to a password with an unescaped / or ?, and what looks like the host is its beginning.
    if (match === null || /[/?].*@/.test(url.replace(/^\w+:\/\//, ""))) {
      return yield* Result.fail(`cannot be taken apart: ${advice}`)
    }
    const [, credentials = "", ipv6, host = "", port = "", database = "", query = ""] = match
    if (host.includes(",")) return yield* Result.fail("names several hosts: name one")
    const user = credentials.split(":", 1).join("")
    const written = { host: ipv6 ?? host, port, database, user, password: credentials.slice(user.length + 1) }
    const decoded = yield* Result.all(Record.map(written, decode))
    const given = yield* Result.all(
      query
        .split("&")
        .filter((pair) => pair !== "")
        .map(parameter)
    )
    const parts: Parts = Object.assign({}, decoded, ...given)
    return Record.filter(parts, (part) => part !== "")
  })

const UrlParts = Schema.Struct({
  ...addressFields,
  mode: Schema.optionalKey(TlsMode),
  ca: Schema.optionalKey(Authority)
})

export const DatabaseUrl = Schema.String.pipe(
  Schema.decodeTo(Schema.Record(Schema.String, Schema.Unknown), {
    decode: SchemaGetter.transformEffect((url) =>
      Effect.fromResult(parseUrl(url)).pipe(
        Effect.map((parts) => (parts["port"] === undefined ? parts : { ...parts, port: portNumber(parts["port"]) })),
        Effect.mapError((message) => new SchemaIssue.InvalidValue({ message }))
      )
    ),
    encode: SchemaGetter.forbiddenEncoding
  }),
  Schema.decodeTo(UrlParts, SchemaTransformation.passthrough({ strict: false }))
)
