// Hundreds of databases in one worker, on one PostgreSQL of their own: how soon it listens to all, what that costs while
// nothing happens, and a row in each at the same moment. Then the same with some of them unreachable.
import type { PgConnection } from "@effect/sql-pg"
import { Console, Effect, Redacted } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import { freePort } from "../stage/loopback.ts"
import type * as Postgres from "../stage/Postgres.ts"
import { proxy } from "../stage/proxy.ts"
import * as Connects from "./connects.ts"
import * as ManyDatabases from "./manyDatabases.ts"
import { curve, findings, type Measured, show } from "./manyReport.ts"
import { Stopwatch } from "./measure.ts"
import { folder } from "./stage.ts"
import * as WatchedWorker from "./watchedWorker.ts"

/** Databases that send from one mailbox. */
const sharing = 10
/** Mailboxes of one application. */
const mailboxes = 10
/** A pooled connection is closed after 15 s without use; the first sweeps of hundreds go on for minutes, and belong to it. */
const quiet = "25 seconds"
const idle = { samples: 20, each: "1 second" } as const
const insert = (n: number) =>
  `insert into inquiries (name, email, subject, message)
    values ('Jane Doe', 'bench${n}@example.com', '2023 Honda Civic', 'Is it still for sale? I could come by on Saturday.')`

interface Port {
  readonly port: number
}

const settings = (server: Postgres.Server, count: number, portOf: (index: number) => Port) =>
  JSON.stringify(
    Array.from({ length: count }, (_, index) => {
      const mailbox = Math.floor(index / sharing)
      const { host, password, user } = server
      const name = ManyDatabases.nameOf(index)
      return {
        name,
        address: { host, ...portOf(index), database: name, user, password: Redacted.value(password) },
        tls: { mode: "disable" },
        tables: [{ table: "inquiries", template: "inquiry" }],
        mail: {
          ...{ tenantId: "tenant", clientId: `client${Math.floor(mailbox / mailboxes)}`, clientSecret: "none" },
          ...{ from: `noreply${mailbox}@example.com`, to: ["sales@example.com"] }
        }
      }
    })
  )

interface Stage {
  readonly server: Postgres.Server
  readonly admin: PgConnection.PgConnection
  /** Who insert, one a database. */
  readonly all: ReadonlyArray<PgConnection.PgConnection>
  readonly standIn: GraphStandIn.StandIn
  readonly stopwatch: Stopwatch
  readonly count: number
}

/** `reachable` are the first so many. */
const measure = Effect.fn("many.measure")(function* (
  { admin, all, count, server, standIn, stopwatch }: Stage,
  reachable: number,
  from: number,
  portOf: (index: number) => Port,
  withIdle: boolean
) {
  const log = path.join(server.directory, "server.log")
  const mark = () => readFileSync(log, "utf8").length
  const bare = yield* ManyDatabases.bareConnects(server, reachable)
  let heard = mark()
  const port = yield* freePort
  // A variable of so many would be longer than Linux takes one.
  const config = path.join(yield* folder, "databases.json")
  writeFileSync(config, settings(server, count, portOf), { mode: 0o600 })
  const worker = yield* WatchedWorker.start({
    MAILER_CONFIG: config,
    ...{ GRAPH_EMULATOR_URL: standIn.origin, HOST: "127.0.0.1", PORT: String(port) }
  })
  // From when the program is loaded.
  yield* Effect.andThen(worker.listensTo(1), worker.delays)
  const seconds = yield* worker.listensTo(reachable)
  const delays = yield* worker.delays
  const came = Connects.parse(readFileSync(log, "utf8").slice(heard))
  yield* Console.log(`  listening after ${seconds.toFixed(1)} s`)
  const answers = {
    status: yield* timed(`http://127.0.0.1:${port}/api/status`),
    metrics: yield* timed(`http://127.0.0.1:${port}/metrics`)
  }

  let atRest: Measured["idle"]
  if (withIdle) {
    yield* Effect.sleep(quiet)
    heard = mark()
    const before = yield* worker.cost
    const sampled = performance.now()
    const samples: Array<{ readonly all: number; readonly most: number }> = []
    for (let sample = 0; sample < idle.samples; sample++) {
      yield* Effect.sleep(idle.each)
      samples.push(yield* ManyDatabases.connections(admin))
    }
    const after = yield* worker.cost
    atRest = {
      cpu: (after.cpu - before.cpu) / ((performance.now() - sampled) / 1_000),
      connections: samples.reduce((sum, { all }) => sum + all, 0) / samples.length / reachable,
      most: Math.max(...samples.map(({ most }) => most)),
      connects: Connects.parse(readFileSync(log, "utf8").slice(heard)).count
    }
  }

  const customers = all.slice(0, reachable)
  const rowInEach = Effect.fnUntraced(function* (numbered: number) {
    const arrived = standIn.mails.length
    const began = performance.now()
    yield* Effect.forEach(customers, (customer, index) => customer.query(insert(numbered + index)), {
      concurrency: "unbounded",
      discard: true
    })
    yield* standIn.awaitMails(arrived + reachable)
    return Math.max(...customers.map((_, index) => stopwatch.arrivals.get(numbered + index) ?? Number.NaN)) - began
  })
  const first = yield* rowInEach(from)
  yield* worker.delays
  const last = yield* rowInEach(from + reachable)
  const measured: Measured = {
    ...{ count: reachable, bare },
    started: { seconds, connects: came.count, atOnce: came.atOnce, delays },
    answers,
    idle: atRest,
    first: { last: first },
    notified: { last, delays: yield* worker.delays },
    memory: (yield* worker.cost).peak / 1_048_576
  }
  return measured
}, Effect.scoped)

const timed = Effect.fnUntraced(function* (url: string) {
  const began = performance.now()
  yield* Effect.promise(() => fetch(url).then((answer) => answer.text()))
  return performance.now() - began
})

/** One number of databases after the other, and the largest also with a tenth of them unreachable. */
export const many = Effect.fn("many")(function* (counts: ReadonlyArray<number>) {
  const most = Math.max(...counts)
  yield* Console.log(`starting PostgreSQL, with ${most} databases …`)
  const { admin, server } = yield* ManyDatabases.start(most)
  const stopwatch = new Stopwatch()
  const standIn = yield* GraphStandIn.start({ headersOnly: () => true, onAccepted: ({ raw }) => stopwatch.note(raw) })
  const all = yield* Effect.forEach(
    Array.from({ length: most }, (_, index) => ManyDatabases.nameOf(index)),
    (name) => ManyDatabases.at(server, name),
    { concurrency: 8 }
  )
  const stage = { server, admin, all, standIn, stopwatch }
  let numbered = 0
  const run = Effect.fnUntraced(function* (count: number, away: number) {
    yield* Console.log(away === 0 ? `${count} …` : `${count}, ${away} of them unreachable …`)
    const [closed, firewall] = [yield* freePort, yield* proxy(server.port)]
    yield* firewall.fallSilent
    const reachable = count - away
    const portOf = (index: number) => ({
      port: index < reachable ? server.port : index % 2 === 0 ? closed : firewall.port
    })
    const measured = yield* measure({ ...stage, count }, reachable, numbered, portOf, away === 0)
    numbered += 2 * reachable
    yield* Console.log(show(measured))
    return measured
  }, Effect.scoped)

  const curves = yield* Effect.forEach(counts, (count) => run(count, 0))
  const some = yield* run(most, Math.round(most / 10))
  yield* Console.log(`\n${curve(curves)}\n`)
  return findings(curves.at(-1), some)
})
