// The only place where layers meet. What databases share is built once, for as long as the program runs: a token cache
// a credential, a mailer a mailbox. What belongs to one database is built inside its child, new at each start.
import { Context, Duration, Effect, Layer, Redacted } from "effect"
import { Alert } from "./Alert.ts"
import * as Away from "./Away.ts"
import * as Check from "./Check.ts"
import type { Hop } from "./check/Hop.ts"
import * as Microsoft from "./check/Microsoft.ts"
import * as Secret from "./check/Secret.ts"
import type { Subject } from "./check/Setting.ts"
import * as TestMail from "./check/TestMail.ts"
import * as Connection from "./Connection.ts"
import type { Credential } from "./Credential.ts"
import { type Database, showTable } from "./Database.ts"
import * as Expiry from "./Expiry.ts"
import * as Herald from "./Herald.ts"
import { Fleet } from "./Fleet.ts"
import * as Cluster from "./fleet/Open.ts"
import * as Http from "./Http.ts"
import type { Pace } from "./http/Board.ts"
import * as Incidents from "./Incidents.ts"
import { Mailer, type Standing } from "./Mailer.ts"
import * as Connections from "./Mailer/Connections.ts"
import * as Graph from "./Mailer/Graph.ts"
import * as Login from "./Mailer/Login.ts"
import * as Probe from "./Mailer/Probe.ts"
import { TokenCache } from "./Mailer/TokenCache.ts"
import * as Ledger from "./Ledger.ts"
import * as Monitor from "./Monitor.ts"
import * as NotifyMonitor from "./NotifyMonitor.ts"
import * as Metrics from "./Metrics.ts"
import { Operator } from "./Operator.ts"
import * as Receipt from "./Receipt.ts"
import type { Outage, Self } from "./State.ts"
import type { Child } from "./Supervisor.ts"
import { Supervisor } from "./Supervisor.ts"
import * as Ways from "./Ways.ts"

export interface Options extends Herald.Options {
  readonly receipt: Pick<Receipt.Options, "to" | "hour" | "minute" | "timeZone">
  /** Where HTTP is served. */
  readonly endpoint: Pick<Http.Options, "host" | "port" | "token"> | undefined
  /** Where the workers meet that share the databases. */
  readonly cluster: Cluster.Cluster | undefined
}

/** Watches these databases for ever. */
export const layer = (
  databases: ReadonlyArray<Database>,
  options: Partial<Options> = {}
): Layer.Layer<Supervisor | Operator, Http.Refused> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { cluster, endpoint, receipt } = options
      const { mailerOf } = yield* post
      const ways = yield* Ways.make(databases, { credentialKey, mailboxKey, mailerOf })
      const alert = yield* Herald.teller(options, ways)
      const heralds = Expiry.tellers(databases)
      const fleet = cluster && (yield* sharing(databases, cluster))
      const children: Array<Child> = []
      const standings = new Map<string, Effect.Effect<Standing>>()
      const paces = new Map(databases.map((database) => [database.name, paceOf(database)] as const))
      const ledgers = new Map<Database["name"], Ledger.Ledger>()
      for (const database of databases) {
        const mailer = yield* mailerOf(database)
        standings.set(database.name, mailer.standing)
        const ledger = Ledger.make(database.name, (number) => showTable(database.tables[number]?.name ?? unnamed))
        ledgers.set(database.name, ledger)
        const run: Child["run"] = (self) =>
          monitor(heralds.has(database) ? database : Expiry.silent(database), ledger, self).pipe(
            Effect.provideContext(Context.make(Mailer, mailer).pipe(Context.add(Alert, alert)))
          )
        const { name } = database
        children.push({ name, run: fleet === undefined ? run : (self) => fleet.whileOwn(name, self, run) })
      }
      const observed = Effect.gen(function* () {
        const { statuses } = yield* Supervisor
        yield* Metrics.observe(databases, statuses)
        const expiring = [...heralds].filter(({ capture }) => capture === "notify")
        yield* Effect.forkScoped(Effect.provideService(Incidents.watch(statuses, expiring), Alert, alert))
        const away = Away.make(databases)
        const beside = [Expiry.watch(databases), away.watch(statuses), Login.ahead]
        for (const each of beside) yield* Effect.forkScoped(each)
        if (receipt !== undefined && receipt.to.length > 0) {
          yield* Effect.forkScoped(Receipt.run({ ...receipt, ways, databases, awaySince: away.since }))
        }
      })
      const supervised = Layer.merge(
        Layer.provideMerge(Layer.effectDiscard(observed), Supervisor.layer(children)),
        Operator.layer(databases, ledgers)
      )
      // What is built last ends first: a worker that drains is ready for nobody, and takes no database any more.
      const leaving = Layer.effectDiscard(Effect.addFinalizer(() => fleet?.leave ?? Effect.void))
      const working = Layer.provideMerge(leaving, supervised)
      if (endpoint === undefined) return working
      const page = { standings, paces, metrics: Metrics.exposition, cluster: fleet?.look }
      return Layer.provideMerge(Http.layer({ ...endpoint, ...page }), working)
    })
  )

const sharing = (databases: ReadonlyArray<Database>, cluster: Cluster.Cluster) =>
  Effect.flatMap(Cluster.open(databases, cluster), (options) => Layer.build(Fleet.layer(options))).pipe(
    Effect.map((context) => Context.get(context, Fleet))
  )

/** A database that sleeps between polls is not kept awake by an open status page. */
const paceOf = (database: Database): Pace => ({
  activity: Metrics.sent(database),
  atMostEvery: database.wake === "poll" ? database.pollEvery : Duration.zero
})

const unnamed = { schema: undefined, name: "" }

const monitor = (database: Database, ledger: Ledger.Ledger, self: Self): Effect.Effect<never, Outage, Mailer> => {
  const outbox = Effect.provide(Monitor.run(database, self), Connection.layer(database.address, database.wake))
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

/** The mailer of a database, on a mailbox shared by all that use it with the same credential. Those share one token. */
const post = Effect.gen(function* () {
  const http = yield* Layer.build(Metrics.counting(Connections.layer()))
  const tokenOf = oncePer(credentialKey, (credential: Credential) =>
    Effect.map(Layer.build(TokenCache.layer(Login.acquire(credential).pipe(Effect.provideContext(http)))), (token) =>
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
      const found = [...(yield* looks).flat(), ...(yield* Secret.hops(subject))]
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
