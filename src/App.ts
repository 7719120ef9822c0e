// The only place where layers meet. What databases share is built once, for as long as the program runs: a token cache
// a credential, a mailer a mailbox. What belongs to one database is built inside its child, new at each start.
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { Alert } from "./Alert.ts"
import * as Webhook from "./Alert/Webhook.ts"
import * as Check from "./Check.ts"
import type { Hop } from "./check/Hop.ts"
import * as Microsoft from "./check/Microsoft.ts"
import type { Subject } from "./check/Setting.ts"
import * as TestMail from "./check/TestMail.ts"
import * as Connection from "./Connection.ts"
import type { Credential } from "./Credential.ts"
import { type Database, showTable } from "./Database.ts"
import * as Http from "./Http.ts"
import * as Incidents from "./Incidents.ts"
import { Mailer, type Standing } from "./Mailer.ts"
import * as Connections from "./Mailer/Connections.ts"
import * as Graph from "./Mailer/Graph.ts"
import * as Probe from "./Mailer/Probe.ts"
import * as Msal from "./Mailer/Msal.ts"
import { TokenCache } from "./Mailer/TokenCache.ts"
import * as Ledger from "./Ledger.ts"
import * as Monitor from "./Monitor.ts"
import * as NotifyMonitor from "./NotifyMonitor.ts"
import * as Metrics from "./Metrics.ts"
import { Operator } from "./Operator.ts"
import type { Outage, Self } from "./State.ts"
import type { Child } from "./Supervisor.ts"
import { Supervisor } from "./Supervisor.ts"

export interface Options {
  /** Hears of what somebody must know. */
  readonly webhook: Redacted.Redacted | undefined
  /** Where HTTP is served. */
  readonly endpoint: Pick<Http.Options, "host" | "port" | "token"> | undefined
}

/** Watches these databases for ever. */
export const layer = (
  databases: ReadonlyArray<Database>,
  { endpoint, webhook }: Partial<Options> = {}
): Layer.Layer<Supervisor | Operator, Http.Refused> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const alert = webhook === undefined ? undefined : yield* teller(webhook)
      const { mailerOf } = yield* post
      const children: Array<Child> = []
      const standings = new Map<string, Effect.Effect<Standing>>()
      const ledgers = new Map<Database["name"], Ledger.Ledger>()
      const lines = new Map<Database["name"], SqlClient>()
      for (const database of databases) {
        const mailer = yield* mailerOf(database)
        standings.set(database.name, mailer.standing)
        const ledger = Ledger.make(database.name, (number) => showTable(database.tables[number]?.name ?? unnamed))
        ledgers.set(database.name, ledger)
        children.push({
          name: database.name,
          run: (self) =>
            monitor(database, ledger, self, lines).pipe(
              Effect.provideService(Mailer, mailer),
              Effect.provideService(Alert, alert)
            )
        })
      }
      const observed = Effect.gen(function* () {
        const { statuses } = yield* Supervisor
        yield* Metrics.observe(databases, statuses)
        yield* Effect.forkScoped(Effect.provideService(Incidents.watch(statuses), Alert, alert))
      })
      const supervised = Layer.merge(
        Layer.provideMerge(Layer.effectDiscard(observed), Supervisor.layer(children)),
        Operator.layer(databases, ledgers, lines)
      )
      if (endpoint === undefined) return supervised
      // Built last, so that it ends first: a worker that drains is ready for nobody.
      return Layer.provideMerge(Http.layer({ ...endpoint, standings, metrics: Metrics.exposition }), supervised)
    })
  )

/** On connections of its own, so that it takes none from mails. */
const teller = (webhook: Redacted.Redacted) =>
  Effect.flatMap(Layer.build(Connections.layer()), (own) => Effect.provideContext(Webhook.make(webhook), own))

const unnamed = { schema: undefined, name: "" }

const monitor = (
  database: Database,
  ledger: Ledger.Ledger,
  self: Self,
  lines: Map<Database["name"], SqlClient>
): Effect.Effect<never, Outage, Mailer> => {
  const outbox = Effect.andThen(lend(lines, database.name), Monitor.run(database, self)).pipe(
    Effect.scoped,
    Effect.provide(Connection.layer(database.address, database.wake))
  )
  const notify = Effect.provide(NotifyMonitor.run(database, ledger, self), Connection.pooled(database.address))
  switch (database.capture) {
    case "outbox":
      return outbox
    case "notify":
      return notify
    case "auto":
      return NotifyMonitor.outboxThere(ledger).pipe(
        Effect.provide(Connection.once(database.address)),
        Effect.flatMap((there) => (there ? outbox : notify))
      )
  }
}

/** While the monitor runs an operator's questions take its way: hundreds of databases are asked without a connect. */
const lend = (lines: Map<Database["name"], SqlClient>, name: Database["name"]) =>
  Effect.acquireRelease(
    Effect.map(SqlClient, (sql) => lines.set(name, sql)),
    () => Effect.sync(() => lines.delete(name))
  )

/** The mailer of a database, on a mailbox shared by all that use it with the same credential. Those share one token. */
const post = Effect.gen(function* () {
  const http = yield* Layer.build(Metrics.counting(Connections.layer()))
  const tokenOf = oncePer(credentialKey, (credential: Credential) =>
    Effect.map(Layer.build(TokenCache.layer(Msal.acquire(credential).pipe(Effect.provideContext(http)))), (token) =>
      Context.merge(http, token)
    )
  )
  const mailboxOf = oncePer(
    mailboxKey,
    Effect.fnUntraced(function* ({ credential, envelope: { from } }) {
      const token = yield* tokenOf(credential)
      return yield* Graph.mailbox({ cloud: credential.cloud, from }).pipe(Effect.provideContext(token))
    })
  )
  return {
    mailerOf: (database: Database) => Effect.flatMap(mailboxOf(database), ({ mailer }) => mailer),
    wayOf: ({ credential }: Database) => tokenOf(credential)
  }
})

/** Exchange knows one mailbox, however its address is written. */
const mailboxKey = ({ credential, envelope }: Database): string =>
  `${credentialKey(credential)} ${envelope.from.toLowerCase()}`

/** One database to be looked at, with the way out that it would use. */
export interface Prepared {
  readonly name: string
  readonly hops: Effect.Effect<ReadonlyArray<Hop>>
}

/** What `check` does for each database, to be run side by side. With `to` a test mail goes there. */
export const checks = Effect.fn("App.checks")(function* (subjects: ReadonlyArray<Subject>, to: string | undefined) {
  const { mailerOf, wayOf } = yield* post
  // Of Microsoft each mailbox is asked once, however many databases send from it.
  const rightOf = oncePer(mailboxKey, ({ credential: { cloud }, envelope: { from } }) =>
    Effect.cached(Probe.mayNotSend({ cloud, from }))
  )
  const prepared: Array<Prepared> = []
  for (const subject of subjects) {
    const { database } = subject
    const way = Context.add(yield* wayOf(database), Mailer, yield* mailerOf(database))
    const mayNotSend = yield* rightOf(database)
    const looks = Effect.all([Check.database(subject), Microsoft.hops(subject, mayNotSend)], {
      concurrency: "unbounded"
    })
    const hops = Effect.gen(function* () {
      const found = (yield* looks).flat()
      return to === undefined ? found : [...found, ...(yield* TestMail.hops(database, to))]
    })
    prepared.push({ name: database.name, hops: Effect.provideContext(hops, way) })
  }
  return prepared
})

/** Builds what inputs with the same key share. Not for fibers side by side. */
const oncePer = <A, B, E, R>(keyOf: (input: A) => string, build: (input: A) => Effect.Effect<B, E, R>) => {
  const built = new Map<string, B>()
  return Effect.fnUntraced(function* (input: A) {
    const key = keyOf(input)
    const known = built.get(key)
    if (known !== undefined) return known
    const made = yield* build(input)
    built.set(key, made)
    return made
  })
}

/** Held in memory only: it tells two secrets of one application apart, while the new one is being rolled out. */
const credentialKey = ({ clientId, cloud, proof, tenantId }: Credential): string =>
  [cloud.graph, tenantId, clientId, Redacted.value(proof._tag === "Secret" ? proof.secret : proof.pem)].join(" ")
