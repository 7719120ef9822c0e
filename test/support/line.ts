// The whole line for an integration test: a database of its own, a stand-in for Graph, and the app as main starts it.
// Everything ends with the scope.
import { PgClient } from "@effect/sql-pg"
import { Context, Duration, Effect, Layer, Option, Redacted, Stream, SubscriptionRef } from "effect"
import { Reactivity } from "effect/reactivity"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as Postgres from "../../scripts/stage/Postgres.ts"
import * as samples from "../../scripts/stage/samples.ts"
import * as App from "../../src/App.ts"
import * as Connection from "../../src/Connection.ts"
import type { Credential } from "../../src/Credential.ts"
import type { Database, Table, TemplateName } from "../../src/Database.ts"
import { DatabaseName } from "../../src/Database.ts"
import { migrate } from "../../src/Migrate.ts"
import type { State } from "../../src/State.ts"
import { type Statuses, Supervisor } from "../../src/Supervisor.ts"
import type { FreshDatabase } from "./freshDatabase.ts"
import { freshDatabase } from "./freshDatabase.ts"

export const credentialAt = (origin: string): Credential => ({
  cloud: { login: origin, graph: origin, emulated: true },
  tenantId: "11111111-1111-1111-1111-111111111111",
  clientId: "22222222-2222-2222-2222-222222222222",
  proof: { _tag: "Secret", secret: Redacted.make("an-invented-secret") }
})

export const table = (name: string, template: TemplateName = "record", schema?: string): Table => ({
  name: { schema, name },
  channel: "unused",
  template,
  replyTo: "email",
  createdAt: "created_at"
})

export const databaseAt = (
  { database, host, password, port, user }: Pick<FreshDatabase, "database" | "host" | "password" | "port" | "user">,
  origin: string,
  overrides: Partial<Database> = {}
): Database => ({
  name: DatabaseName.make("autos"),
  address: { host, port, database, user, password, tls: { mode: "disable" } },
  timeZone: "America/Toronto",
  tables: [table("inquiries", "inquiry")],
  credential: credentialAt(origin),
  envelope: { from: "noreply@example.com", to: ["sales@example.com"], cc: [] },
  reconcile: "resend",
  capture: "outbox",
  wake: "listen",
  pollEvery: Duration.minutes(1),
  retention: Duration.days(30),
  ...overrides
})

/** A database with the table `inquiries`, migrated, and a stand-in; the app is not started. */
export const stage = Effect.fn("stage")(function* (overrides: Partial<Database> = {}) {
  return yield* furnish(yield* freshDatabase(), overrides)
})

/** The same on a server of its own, which the test may stop, kill and start. */
export const stageOfItsOwn = Effect.fn("stageOfItsOwn")(function* (
  overrides: Partial<Database> = {},
  settings: Readonly<Record<string, string>> = {}
) {
  const server = yield* Postgres.start({ settings })
  yield* server.createDatabase("autos")
  const at = { host: server.host, port: server.port, user: server.user, password: server.password, database: "autos" }
  const admin = yield* PgClient.make({ ...at, username: server.user }).pipe(Effect.provide(Reactivity.layer))
  return { ...(yield* furnish({ ...at, admin }, overrides)), server }
})

const furnish = Effect.fnUntraced(function* (fresh: Omit<FreshDatabase, "url">, overrides: Partial<Database>) {
  const standIn = yield* GraphStandIn.start()
  yield* fresh.admin.unsafe(samples.inquiries.createTable)
  const database = databaseAt(fresh, standIn.origin, overrides)
  yield* migrated(database)
  return { standIn, admin: fresh.admin, database }
})

export const migrated = (...databases: ReadonlyArray<Database>) =>
  Effect.forEach(databases, (database) =>
    migrate(
      database,
      databases.map(({ name }) => name)
    ).pipe(Effect.provide(Connection.once(database.address)))
  )

/** Starts the app on these databases and hands out how they fare; it is listening nowhere yet when this returns. */
export const start = Effect.fn("start")(function* (...databases: ReadonlyArray<Database>) {
  const context = yield* Layer.build(App.layer(databases))
  return Context.get(context, Supervisor).statuses
})

/** Resolves with the reason as soon as a database is in that state. */
export const inState = (statuses: SubscriptionRef.SubscriptionRef<Statuses>, state: State["_tag"], name = "autos") =>
  SubscriptionRef.changes(statuses).pipe(
    Stream.filter((all) => all.get(name)?.state._tag === state),
    Stream.runHead,
    Effect.map((head) => {
      const found = Option.getOrThrow(head).get(name)?.state
      return found !== undefined && "reason" in found ? found.reason : ""
    })
  )

/** Rows as a form would write them, each in a transaction of its own. */
export const insertInquiries = (admin: PgClient.PgClient, count: number, from = 1) =>
  Effect.forEach(numbers(count, from), (n) => insertInquiry(admin, n), { discard: true })

export const insertInquiry = (admin: PgClient.PgClient, n: number) =>
  admin`insert into inquiries (name, email, subject, message)
    values (${`Person ${n}`}, ${`person${n}@example.com`}, ${`Question ${n}`}, ${"Is it still for sale?"})`

export const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, index) => index + from)

/** The numbers of the inquiries that were mailed, sorted; a number stands as often as it was mailed. */
export const mailedNumbers = Effect.fn("mailedNumbers")(function* (standIn: GraphStandIn.StandIn) {
  const subjects = yield* Effect.forEach(standIn.mails, (mail) => Effect.map(mail.parsed, ({ subject }) => subject))
  return subjects.map((subject) => Number(/Question (\d+)/.exec(subject ?? "")?.[1])).toSorted((a, b) => a - b)
})

/** Settled notices, oldest first. */
export const outcomes = (admin: PgClient.PgClient) =>
  admin<{ readonly key: string; readonly outcome: string | null }>`
    select key, outcome from inquiries_mailer.outbox order by created_at, id`

/** Waits, by looking, until nothing is left to do: the outbox says it last, after the mail has arrived. */
export const allSettled = Effect.fn("allSettled")(function* (admin: PgClient.PgClient) {
  while ((yield* outcomes(admin)).some(({ outcome }) => outcome === null)) yield* Effect.sleep(20)
  return yield* outcomes(admin)
})

export const passwordOf = ({ address }: Database): string =>
  address.password === undefined ? "" : Redacted.value(address.password)
