// The replaced system's variables: instance 1 without a number, any further one with `_N`, gaps allowed. They are turned
// into the entries of the JSON form, so that one Schema checks both.
import { Array, Order, Predicate, Record } from "effect"
import { portNumber } from "./AddressFields.ts"
import { field, fieldAt, fieldNames } from "./Fields.ts"
import type { SettingsIssue } from "./SettingsError.ts"
import type { Environment, Source } from "./Source.ts"

/** Any one of these makes an instance. PG*, NAME, TABLE … do not: shells and other programs set those. */
const making = [
  "DATABASE_URL",
  "TENANT_ID",
  "CLIENT_ID",
  "CLIENT_SECRET",
  "CLIENT_CERTIFICATE",
  "FROM_EMAIL",
  "TO_EMAIL"
]

const variables = fieldNames.map((name) => field(name).variable).filter((variable) => variable !== undefined)

const replaced: Readonly<
  Record<number, { readonly table: string; readonly channel: string; readonly template: string }>
> = {
  1: { table: "inquiries", channel: "new_record_channel", template: "inquiry" },
  2: { table: "quote_requests", channel: "quote_request_channel", template: "quote-request" },
  3: { table: "contact_submissions", channel: "contact_submission_channel", template: "contact-submission" }
}

const variable = (base: string, instance: number): string => (instance === 1 ? base : `${base}_${instance}`)

/** The variables that make instances, apart from those that belong to the JSON form. */
export const makingVariables = (env: Environment, named: ReadonlySet<string>): ReadonlyArray<string> =>
  [...env.keys()].filter((name) => !named.has(name) && making.includes(name.replace(/_\d+$/, "")))

/** `_1`, `_0` and `_02` would be silently without effect, and a database without mails. */
const misnumbered = (env: Environment): ReadonlyArray<SettingsIssue> =>
  [...env.keys()].flatMap((name) => {
    const [, base, digits] = /^(.*)_(0\d*|1)$/.exec(name) ?? []
    if (base === undefined || !variables.includes(base) || base.startsWith("PG")) return []
    const right = variable(base, Math.max(Number(digits), 1))
    const example = `${right}=${fieldNames.map(field).find((known) => known.variable === base)?.example ?? ""}`
    return [
      { at: name, problem: `is never read: the first instance has no number, the next is _2; use ${right}`, example }
    ]
  })

const given = (values: Readonly<Record<string, unknown>>) => Record.filter(values, Predicate.isNotUndefined)

const orAbsent = (values: Readonly<Record<string, unknown>>) => (Record.isEmptyRecord(values) ? undefined : values)

const entry = (env: Environment, instance: number) => {
  const get = (base: string) => env.get(variable(base, instance))?.trim()
  const url = get("DATABASE_URL")
  const port = get("PGPORT")
  const address = given({
    host: get("PGHOST"),
    port: port === undefined ? undefined : portNumber(port),
    database: get("PGDATABASE"),
    user: get("PGUSER"),
    // As it is: a space at its end may be meant.
    password: env.get(variable("PGPASSWORD", instance))
  })
  const defaults = replaced[instance]
  return given({
    name: get("NAME"),
    url,
    address: url === undefined ? orAbsent(address) : undefined,
    tls: orAbsent(given({ mode: get("PGSSLMODE"), ca: get("PGSSLROOTCERT") })),
    timeZone: get("TIME_ZONE"),
    reconcile: get("RECONCILE"),
    capture: get("CAPTURE"),
    wake: get("WAKE"),
    pollEvery: get("POLL_EVERY"),
    retention: get("RETENTION"),
    tables: [
      given({
        table: get("TABLE") ?? defaults?.table,
        channel: get("CHANNEL") ?? defaults?.channel,
        template: get("TEMPLATE") ?? defaults?.template,
        burst: get("BURST")
      })
    ],
    mail: given({
      tenantId: get("TENANT_ID"),
      clientId: get("CLIENT_ID"),
      clientSecret: get("CLIENT_SECRET"),
      clientSecretExpires: get("CLIENT_SECRET_EXPIRES"),
      clientCertificate: get("CLIENT_CERTIFICATE"),
      from: get("FROM_EMAIL"),
      to: get("TO_EMAIL")
        ?.split(",")
        .map((address) => address.trim())
        .filter((address) => address !== "")
    })
  })
}

export const numbered = (env: Environment): Source => {
  const numbers = makingVariables(env, new Set()).map(
    (name) => /_([2-9]|[1-9]\d+)$/.exec(name)?.[1] ?? (/_\d+$/.test(name) ? "0" : "1")
  )
  const instances = Array.sort(new Set(numbers.map(Number).filter((instance) => instance > 0)), Order.Number)
  const base = (path: ReadonlyArray<PropertyKey>) => {
    const known = field(fieldAt(path) ?? "url")
    return { base: known.variable ?? "DATABASE_URL", example: known.example }
  }
  const instance = (path: ReadonlyArray<PropertyKey>) => instances[Number(path[0])] ?? 1
  const at = (path: ReadonlyArray<PropertyKey>) => variable(base(path).base, instance(path))
  return {
    entries: instances.length === 0 ? undefined : instances.map((number) => entry(env, number)),
    problems: [],
    issues: misnumbered(env),
    at,
    within: (path) =>
      typeof path.at(-1) === "number" && path.length > 3 ? `address ${Number(path.at(-1)) + 1} in it ` : "",
    example: (path) => `${at(path)}=${base(path).example}`
  }
}
