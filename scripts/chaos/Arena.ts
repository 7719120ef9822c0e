// Where it happens: a PostgreSQL with three databases, a network to each, the stand-in for Microsoft, and two workers on
// all of them, or three that share them. The workers have roles of their own with no more rights than `migrate --grants` names.
import { Effect, Random } from "effect"
import { randomBytes } from "node:crypto"
import { appendFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import { freePort } from "../stage/loopback.ts"
import * as Postgres from "../stage/Postgres.ts"
import { run } from "../stage/PostgresProcess.ts"
import { proxy, type Proxy } from "../stage/proxy.ts"
import * as samples from "../stage/samples.ts"
import { insist } from "./Client.ts"
import { isOfOne, tokensIn } from "./Forms.ts"
import * as Meeting from "./Meeting.ts"
import * as Worker from "./Worker.ts"
import * as Witness from "./Witness.ts"
import { WorkerLog } from "./WorkerLog.ts"

const file = fileURLToPath(new URL("../../dist/main.js", import.meta.url))

export type Reconcile = "resend" | "mailbox"

/** One database and whom it mails as. */
export interface Place {
  readonly name: string
  readonly url: string
  /** Those that are watched; what stands in any of them is in the view `written`. */
  readonly tables: ReadonlyArray<string>
  readonly role: string
  readonly password: string
  readonly mailbox: string
  /** What the login service takes: change its secret, and the workers' is wrong. */
  readonly credential: { readonly tenantId: string; readonly clientId: string; clientSecret: string }
  readonly network: Proxy
}

/** A row in a mail that was accepted, in order. */
export interface Arrival {
  readonly token: string | undefined
  readonly notice: string | undefined
  readonly at: number
  /** It says of itself that it may be a second one. */
  readonly marked: boolean
}

export interface Arena {
  readonly server: Postgres.Server
  /** Where the workers meet, if they share the databases. */
  readonly meeting: Meeting.Meeting | undefined
  readonly places: ReadonlyArray<Place>
  readonly workers: ReadonlyArray<Worker.Worker>
  readonly standIn: GraphStandIn.StandIn
  readonly log: WorkerLog
  readonly arrivals: ReadonlyArray<Arrival>
  readonly arrived: ReadonlySet<string>
  /** What went wrong without being a row's fate: a worker that ended by itself or badly. */
  readonly problems: Array<string>
  readonly witness: Witness.Witness
  /** At which the workers answer over HTTP. */
  readonly ports: ReadonlyArray<number>
  /** Every process that was started. */
  readonly pids: Array<number>
}

export interface Options {
  readonly reconcile: Reconcile
  /** Three workers share the databases, instead of two that watch all of them. */
  readonly cluster: boolean
  /** Takes the workers' lines. */
  readonly logFile: string | undefined
}

/** How long Microsoft's stand-in takes to answer: long enough that something is in flight most of the time. */
const latencyMillis = 80
/** Far more than half of the rows there come in digests, of which there is one every two seconds. */
const digesting = { name: "website", burst: "5 in 2 seconds" }
/** Has two tables, each with a share of every claim. */
const several = "freight"
const longestLag = 60_000

const clientSecret = "invented-for-the-chaos"

const makePlace = Effect.fnUntraced(function* (server: Postgres.Server, name: string) {
  yield* server.createDatabase(name)
  const [role, password] = [`mailer_${name}`, randomBytes(9).toString("hex")]
  const url = server.url(name)
  const tables = ["inquiries", ...(name === several ? ["trade_ins"] : [])]
  yield* insist(url, samples.inquiries.createTable)
  // With keys from the same sequence: whoever reads back needs no table's name.
  for (const table of tables.slice(1)) yield* insist(url, `create table ${table} (like inquiries including all)`)
  const written = tables.map((table) => `select id, email from ${table}`).join(" union all ")
  yield* insist(url, `create view written as ${written}`)
  yield* insist(url, `create role ${role} login password '${password}'`)
  const place: Place = {
    ...{ name, url, role, password, tables },
    mailbox: `noreply@${name}.example.com`,
    credential: { tenantId: `${name}.example.com`, clientId: randomBytes(8).toString("hex"), clientSecret },
    network: yield* proxy(server.port)
  }
  return place
})

const settings = (places: ReadonlyArray<Place>, urlOf: (place: Place) => string, reconcile: Reconcile) =>
  JSON.stringify(
    places.map((place) => ({
      name: place.name,
      url: urlOf(place),
      reconcile,
      tables: place.tables.map((table) => ({
        ...{ table, template: "inquiry", replyTo: "email", createdAt: "created_at" },
        ...(place.name === digesting.name ? { burst: digesting.burst } : {})
      })),
      mail: { ...place.credential, from: place.mailbox, to: ["sales@example.com"] }
    }))
  )

const environment = (databases: string, door: string) => ({
  PATH: process.env["PATH"] ?? "",
  MAILER_DATABASES: databases,
  GRAPH_EMULATOR_URL: door,
  LOG_FORMAT: "json"
})

/** As an operator would: outbox and triggers, then the rights that are printed for the worker's role. */
const migrate = Effect.fnUntraced(function* (place: Place, reconcile: Reconcile, origin: string) {
  const env = environment(
    settings([place], ({ url }) => url, reconcile),
    origin
  )
  const command = (...args: ReadonlyArray<string>) =>
    Effect.flatMap(run(process.execPath, [file, "migrate", ...args], undefined, env), ({ ok, output }) =>
      ok ? Effect.succeed(output) : Effect.fail(`migrate of ${place.name} failed: ${output}`)
    )
  yield* command()
  yield* insist(place.url, yield* command("--grants", place.role))
})

export const open = Effect.fn("Arena.open")(function* ({ cluster, logFile, reconcile }: Options) {
  const server = yield* Postgres.start()
  const meeting = cluster ? yield* Meeting.open : undefined
  const log = new WorkerLog()
  const arrivals: Array<Arrival> = []
  const arrived = new Set<string>()
  const pids: Array<number> = []
  const problems: Array<string> = []
  const places = yield* Effect.forEach(["autos", "freight", "website"], (name) => makePlace(server, name))
  const lags = yield* Random.Random
  const standIn = yield* GraphStandIn.start({
    doors: cluster ? 3 : 2,
    headersOnly: isOfOne,
    credentials: places.map(({ credential }) => credential),
    mailboxes: places.map(({ mailbox }) => mailbox),
    sentItemsLagMillis: () => lags.nextDoubleUnsafe() * longestLag,
    onAccepted: ({ clientRequestId: notice, raw, receivedAt: at }) => {
      const tokens = tokensIn(raw)
      const marked = /^x-maybe-duplicate: yes\r?$/im.test(raw)
      for (const token of tokens) arrived.add(token)
      for (const token of tokens.length === 0 ? [undefined] : tokens) arrivals.push({ token, notice, at, marked })
    }
  })
  standIn.latencyMillis = latencyMillis
  yield* Effect.forEach(places, (place) => migrate(place, reconcile, standIn.origin))
  const through = ({ name, network, password, role }: Place) =>
    `postgres://${role}:${password}@127.0.0.1:${network.port}/${name}`
  const databases = settings(places, through, reconcile)
  const witness = new Witness.Witness()
  const hook = yield* Witness.receive(witness)
  const ports = yield* Effect.replicateEffect(freePort, standIn.origins.length)
  const workers = yield* Effect.forEach(standIn.origins, (door, index) => {
    const name = `worker ${index + 1}`
    return Worker.make({
      ...{ name, door, file },
      env: {
        ...{ ...environment(databases, door), PORT: String(ports[index]), ALERT_WEBHOOK_URL: hook },
        ...(meeting === undefined ? {} : { CLUSTER_DATABASE_URL: meeting.url, CLUSTER_NAME: `worker${index + 1}` })
      },
      hear: (line) => {
        if (logFile !== undefined) appendFileSync(logFile, `${name} ${line}\n`)
        log.hear(name, line)
      },
      started: (pid) => void pids.push(pid),
      ended: (wanted, code) => {
        log.ended(name)
        if (wanted) problems.push(`${name} ended by itself with ${code ?? "a signal"}`)
      }
    })
  })
  for (const [index, worker] of workers.entries()) {
    const isWorking = (database: string) => log.isWorking(worker.name, database)
    yield* Effect.forkScoped(Witness.watch(witness, worker, ports[index] ?? 0, isWorking))
  }
  const arena: Arena = {
    ...{ witness, ports, server, meeting, places, workers, standIn, log, arrivals, arrived, problems, pids }
  }
  return arena
})
