// The whole product on one machine and without an account anywhere: a PostgreSQL of its own with three databases, a
// stand-in for Microsoft's login and Graph, and the worker as in production. Leaves nothing behind.
import { PgClient } from "@effect/sql-pg"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Duration, Effect, Exit, Option, PubSub, Queue } from "effect"
import { Command, Flag } from "effect/cli"
import { Reactivity } from "effect/reactivity"
import { createInterface } from "node:readline"
import { bold, dim, green, red, showMail } from "./demo/show.ts"
import * as Worker from "./demo/Worker.ts"
import * as GraphStandIn from "./stage/GraphStandIn.ts"
import * as Postgres from "./stage/Postgres.ts"
import * as samples from "./stage/samples.ts"

/** `--exit`: from the first row to the last mail. */
const patience = "30 seconds"

/** The three instances of the replaced system, and the ending of their variables. */
const instances = [
  { database: "autos", suffix: "", sample: samples.inquiries, to: "sales@example.com" },
  { database: "freight", suffix: "_2", sample: samples.quoteRequests, to: "quotes@example.com" },
  { database: "website", suffix: "_3", sample: samples.contactSubmissions, to: "office@example.com,desk@example.com" }
]
const total = instances.reduce((sum, { sample }) => sum + sample.inserts.length, 0)

/** Says what is being done while it is done, and how long it took. */
const step = Effect.fnUntraced(function* <A, E, R>(doing: string, work: Effect.Effect<A, E, R>) {
  yield* Console.log(dim(`· ${doing} …`))
  const [took, result] = yield* Effect.timed(work)
  yield* Console.log(`${green("✓")} ${doing} ${dim(`(${Duration.toSeconds(took).toFixed(1)} s)`)}`)
  return result
})

const connect = (server: Postgres.Server, database: string) =>
  PgClient.make({
    ...{ host: server.host, port: server.port, database, username: server.user, password: server.password },
    maxConnections: 1
  }).pipe(Effect.provide(Reactivity.layer))

const variables = (server: Postgres.Server, origin: string): Record<string, string> => ({
  GRAPH_EMULATOR_URL: origin,
  LOG_FORMAT: "pretty",
  ...Object.assign(
    {},
    ...instances.map(({ database, suffix, to }) => ({
      [`DATABASE_URL${suffix}`]: server.url(database),
      [`TENANT_ID${suffix}`]: "contoso.example.com",
      [`CLIENT_ID${suffix}`]: "00000000-0000-4000-8000-000000000001",
      [`CLIENT_SECRET${suffix}`]: "invented-for-the-demo",
      [`FROM_EMAIL${suffix}`]: `noreply@${database}.example.com`,
      [`TO_EMAIL${suffix}`]: to
    }))
  )
})

interface Filled {
  readonly sql: PgClient.PgClient
  readonly sample: samples.Sample
}

const fill = Effect.fnUntraced(function* (server: Postgres.Server) {
  return yield* Effect.forEach(
    instances,
    Effect.fnUntraced(function* ({ database, sample }) {
      yield* server.createDatabase(database)
      const sql = yield* connect(server, database)
      yield* sql.unsafe(sample.createTable)
      return { sql, sample } satisfies Filled
    })
  )
})

const insert = ({ sample, sql }: Filled, n: number) => {
  const row = sample.inserts[n % sample.inserts.length]
  return row === undefined ? Effect.void : Effect.asVoid(sql.unsafe(row.sql, row.values))
}

/** The outbox and the stand-in must agree: every row accepted, under as many Message-IDs as there are rows. */
const exactlyOnce = Effect.fnUntraced(function* (databases: ReadonlyArray<Filled>, standIn: GraphStandIn.StandIn) {
  for (const { sql } of databases) {
    const unsettled = sql`select from inquiries_mailer.outbox where outcome is distinct from 'sent'`
    while ((yield* unsettled).length > 0) yield* Effect.sleep("50 millis")
  }
  const different = new Set(standIn.mails.map(({ messageId }) => messageId)).size
  if (standIn.mails.length !== total || different !== total) {
    return yield* Effect.fail(`${total} rows became ${standIn.mails.length} mails under ${different} Message-IDs`)
  }
})

const guide = (server: Postgres.Server, standIn: GraphStandIn.StandIn) => `
${bold("What runs here")}
  PostgreSQL   ${server.host}:${server.port}, databases ${instances.map(({ database }) => database).join(", ")}
  Graph        ${standIn.origin} (a stand-in: mails end there)
  worker       node ${Worker.shownPath} run, process ${process.pid}'s child, configured by its environment alone

${bold("What to try next")}
  Press Enter: another row of another kind is inserted, and its mail appears here.
  Or insert one of your own, with psql or anything else that speaks to PostgreSQL:

    psql "${server.url("autos")}" -c "INSERT INTO inquiries (name, email, subject, message)
      VALUES ('You', 'you@example.com', '1997 Volvo 850', 'Is it still for sale?')"

  Ctrl-C ends everything and leaves nothing behind.
`

/** One element for each line that is typed; none where nobody can type. */
const typed = Effect.gen(function* () {
  const lines = yield* Queue.unbounded<void>()
  if (!process.stdin.isTTY) return lines
  const typing = createInterface({ input: process.stdin, terminal: false })
  typing.on("line", () => Queue.offerUnsafe(lines, undefined))
  yield* Effect.addFinalizer(() => Effect.sync(() => typing.close()))
  return lines
})

const demo = Effect.fn("demo")(function* (options: {
  readonly exit: boolean
  readonly graphPort: Option.Option<number>
  readonly postgresPort: Option.Option<number>
}) {
  const asked = (port: Option.Option<number>) => (Option.isSome(port) ? { port: port.value } : {})
  const server = yield* step("start PostgreSQL", Postgres.start(asked(options.postgresPort)))
  const databases = yield* step("make three databases, as three web forms would use them", fill(server))
  const standIn = yield* GraphStandIn.start(asked(options.graphPort))
  const arrivals = yield* standIn.onMail
  const show = Effect.flatMap(PubSub.take(arrivals), (mail) =>
    Effect.flatMap(showMail(mail, standIn.mails.indexOf(mail) + 1), Console.log)
  )
  yield* Effect.forkChild(Effect.forever(show))

  const say = (line: string) => void process.stdout.write(`  ${dim(line)}\n`)
  const worker = yield* step("migrate, and start the worker", Worker.start(variables(server, standIn.origin), say))
  if (worker.migrated !== 0) return yield* Effect.fail(`migrate ended with ${worker.migrated}`)
  const unlessItEnds = Effect.raceFirst(
    Effect.flatMap(worker.ended, (code) => Effect.fail(`the worker ended with ${code}, see above`))
  )

  yield* Effect.forEach(databases, (filled) => Effect.forEach(filled.sample.inserts, (_, n) => insert(filled, n)))
  yield* standIn.awaitMails(total).pipe(
    Effect.andThen(exactlyOnce(databases, standIn)),
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(`within ${patience} only ${standIn.mails.length} of ${total} rows were mailed and settled`)
    }),
    unlessItEnds
  )
  yield* Console.log(`\n${green("✓")} ${bold(`${total} rows, ${total} mails, each exactly once`)}`)
  if (options.exit) return
  yield* Console.log(guide(server, standIn))
  const lines = yield* typed
  let n = 0
  while (true) {
    yield* unlessItEnds(Queue.take(lines))
    const filled = databases[n % databases.length]
    if (filled !== undefined) yield* insert(filled, Math.floor(n++ / databases.length))
  }
})

const port = (name: string, what: string) =>
  Flag.Int(name).pipe(Flag.withDescription(`Port of ${what}; a free one if not given`), Flag.optional)

Command.make(
  "demo",
  {
    exit: Flag.Boolean("exit").pipe(
      Flag.withDescription("Exit 0 as soon as every sample row was mailed exactly once, else 1 with the reason"),
      Flag.withDefault(false)
    ),
    postgresPort: port("postgres-port", "PostgreSQL"),
    graphPort: port("graph-port", "the stand-in for Microsoft Graph")
  },
  (options) => Effect.scoped(demo(options))
).pipe(
  Command.run({ version: "demo" }),
  Effect.catchTag("PostgresError", ({ message }) => Effect.fail(message)),
  Effect.tapError((reason) => (typeof reason === "string" ? Console.error(red(`✗ ${reason}`)) : Effect.void)),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) =>
      onExit(Exit.isSuccess(exit) || (Cause.hasInterruptsOnly(exit.cause) && !process.argv.includes("--exit")) ? 0 : 1)
  })
)
