// Every setting of a database once: its place in the document, the variable that carries it in the numbered form, what it
// is, and an example of right. Names, descriptions and examples of both forms come from here.
import type { Path } from "./Source.ts"

interface Field {
  readonly description: string
  readonly variable?: string
  readonly example: string
  /** What the JSON form shows instead, above all a `${NAME}` in place of a secret. */
  readonly json?: unknown
}

const fields = {
  name: {
    description: "Unique; shown in logs. Default: the database's own name, with -2, -3 … where it repeats.",
    variable: "NAME",
    example: "autos"
  },
  url: {
    description: "postgres://user:password@host:port/database, with ?sslmode= and ?sslrootcert= where needed.",
    variable: "DATABASE_URL",
    example: "postgres://mailer:password@db.example.com:5432/autos?sslmode=verify-full",
    json: "${AUTOS_DATABASE_URL}"
  },
  address: {
    description: "Instead of url: its parts, in which a password needs no percent-encoding.",
    variable: "PGHOST",
    example: "db.example.com",
    json: { host: "db.example.com", database: "autos", user: "mailer", password: "${AUTOS_PASSWORD}" }
  },
  "address.host": {
    description: "A host name, an IP address or the directory of a Unix socket.",
    variable: "PGHOST",
    example: "db.example.com"
  },
  "address.port": { description: "Default: 5432.", variable: "PGPORT", example: "5432", json: 5432 },
  "address.database": { description: "The database's own name.", variable: "PGDATABASE", example: "autos" },
  "address.user": { description: "The role to sign in as.", variable: "PGUSER", example: "mailer" },
  "address.password": {
    description: "Needed unless the database is on this machine. Keep it in a variable and name that here.",
    variable: "PGPASSWORD",
    example: "<password>",
    json: "${AUTOS_PASSWORD}"
  },
  tls: { description: "What the url does not say about encryption.", example: "", json: { mode: "verify-full" } },
  "tls.mode": {
    description:
      "verify-full verifies chain and host name, require only if a CA is given. Default: verify-full, or disable for a database on this machine.",
    variable: "PGSSLMODE",
    example: "verify-full"
  },
  "tls.ca": {
    description: "A PEM file with the authority to trust, or system. Default: the authorities this machine trusts.",
    variable: "PGSSLROOTCERT",
    example: "/etc/ssl/db-ca.pem"
  },
  timeZone: {
    description: "IANA. Times without zone are read and shown in it. Default: UTC.",
    variable: "TIME_ZONE",
    example: "America/Toronto"
  },
  reconcile: {
    description:
      "What becomes of a mail that may have been accepted: mailbox looks for it there (needs Mail.Read), resend sends it again, park sets it aside. Default: resend.",
    variable: "RECONCILE",
    example: "mailbox"
  },
  capture: {
    description:
      "outbox installs a table and a trigger. notify needs no more than SELECT and listens to each table's channel; a restart forgets what waits. auto is the outbox where it is installed, else notify. Default: outbox.",
    variable: "CAPTURE",
    example: "auto"
  },
  wake: {
    description:
      "listen holds a connection and hears of a row at once; poll holds none between polls, and its triggers notify nobody: run migrate when you change it. Default: listen.",
    variable: "WAKE",
    example: "poll"
  },
  pollEvery: {
    description: "From one poll to the next. Default: 1 minute, or 5 minutes where wake is poll.",
    variable: "POLL_EVERY",
    example: "15 minutes"
  },
  retention: {
    description: "How long the outbox keeps what is settled. Default: 30 days.",
    variable: "RETENTION",
    example: "90 days"
  },
  tables: { description: "The tables to watch.", example: "", json: [{ table: "public.inquiries" }] },
  "tables.table": {
    description: "`name` or `schema.name`; a name with a dot or capitals in SQL's own double quotes.",
    variable: "TABLE",
    example: "public.inquiries"
  },
  "tables.channel": {
    description: "The channel that the replaced system's trigger notifies. Default: inquiries_mailer.",
    variable: "CHANNEL",
    example: "new_record_channel"
  },
  "tables.template": {
    description: "What the mail looks like. Default: record, which fits any table.",
    variable: "TEMPLATE",
    example: "record"
  },
  "tables.replyTo": {
    description: "The column with the address that answers go to. Default: email, where it exists.",
    example: "email"
  },
  "tables.createdAt": {
    description: "The column that says when the row was written. Default: created_at, where it exists.",
    example: "created_at"
  },
  "tables.burst": {
    description:
      "Of more rows than these, the others are mailed together when the time is over. Default: each row has its own mail.",
    variable: "BURST",
    example: "20 in 5 minutes"
  },
  mail: {
    description: "Who sends, and to whom.",
    example: "",
    json: {
      tenantId: "example.onmicrosoft.com",
      clientId: "00000000-0000-0000-0000-000000000000",
      clientSecret: "${AUTOS_CLIENT_SECRET}",
      from: "noreply@example.com",
      to: ["sales@example.com"]
    }
  },
  "mail.tenantId": {
    description: "The directory (tenant) id, or the tenant's domain name.",
    variable: "TENANT_ID",
    example: "example.onmicrosoft.com"
  },
  "mail.clientId": {
    description: "The application (client) id.",
    variable: "CLIENT_ID",
    example: "00000000-0000-0000-0000-000000000000"
  },
  "mail.clientSecret": {
    description: "The application's secret. Keep it in a variable and name that here.",
    variable: "CLIENT_SECRET",
    example: "<the secret's value, not its id>",
    json: "${AUTOS_CLIENT_SECRET}"
  },
  "mail.clientSecretExpires": {
    description: "The day on which the secret ends, as Entra shows it: somebody is told in time.",
    variable: "CLIENT_SECRET_EXPIRES",
    example: "2027-05-31"
  },
  "mail.clientCertificate": {
    description: "Instead of a secret: a PEM file with the private key and its certificate.",
    variable: "CLIENT_CERTIFICATE",
    example: "/etc/inquiries-mailer/client.pem"
  },
  "mail.from": { description: "The mailbox that sends.", variable: "FROM_EMAIL", example: "noreply@example.com" },
  "mail.to": {
    description: "Who gets the mails.",
    variable: "TO_EMAIL",
    example: "sales@example.com, office@example.com",
    json: ["sales@example.com", "office@example.com"]
  },
  "mail.cc": { description: "Who gets copies.", example: "", json: ["office@example.com"] }
} satisfies Record<string, Field>

export type FieldName = keyof typeof fields
export const fieldNames = Object.keys(fields) as ReadonlyArray<FieldName>

export const field = (name: FieldName): Field => fields[name]

const isFieldName = (name: string): name is FieldName => Object.hasOwn(fields, name)

/** The setting a path lies in, `[0, "mail", "to", 1]` in `mail.to`; undefined for an entry itself. */
export const fieldAt = (path: Path): FieldName | undefined => {
  const keys = path.filter((key) => typeof key === "string")
  for (let length = keys.length; length > 0; length--) {
    const name = keys.slice(0, length).join(".")
    if (isFieldName(name)) return name
  }
  return undefined
}
