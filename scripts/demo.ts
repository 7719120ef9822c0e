// The whole product on one machine and without an account anywhere: a PostgreSQL of its own with three databases, a
// stand-in for Microsoft's login and Graph with an inbox page, and the worker as in production. Leaves nothing behind.
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Duration, Effect, Exit, Option, PubSub, Queue } from "effect"
import { Command, Flag } from "effect/cli"
import { createInterface } from "node:readline"
import * as Forms from "./demo/Forms.ts"
import { instances, total, variables } from "./demo/instances.ts"
import { bold, dim, green, reasonOf, red, showMail } from "./demo/show.ts"
import * as Worker from "./demo/Worker.ts"
import * as GraphStandIn from "./stage/GraphStandIn.ts"
import * as Inbox from "./stage/Inbox.ts"
import * as Postgres from "./stage/Postgres.ts"

/** `--exit`: from the first row to the last mail. */
const patience = "30 seconds"

/** Says what is being done while it is done, and how long it took. */
const step = Effect.fnUntraced(function* <A, E, R>(doing: string, work: Effect.Effect<A, E, R>) {
  yield* Console.log(dim(`· ${doing} …`))
  const [took, result] = yield* Effect.timed(work)
  yield* Console.log(`${green("✓")} ${doing} ${dim(`(${Duration.toSeconds(took).toFixed(1)} s)`)}`)
  return result
})

/** The outbox and the stand-in must agree: every row accepted, under as many Message-IDs as there are rows. */
const exactlyOnce = Effect.fnUntraced(function* (forms: ReadonlyArray<Forms.Form>, standIn: GraphStandIn.StandIn) {
  for (const { sql } of forms) {
    const unsettled = sql`select from inquiries_mailer.outbox where outcome is distinct from 'sent'`
    while ((yield* unsettled).length > 0) yield* Effect.sleep("50 millis")
  }
  const different = new Set(standIn.mails.map(({ messageId }) => messageId)).size
  if (standIn.mails.length !== total || different !== total) {
    return yield* Effect.fail(`${total} rows became ${standIn.mails.length} mails under ${different} Message-IDs`)
  }
})

const guide = (server: Postgres.Server, standIn: GraphStandIn.StandIn, inbox: string) => `
${bold("What runs here")}
  Inbox        ${bold(inbox)}
  PostgreSQL   ${server.host}:${server.port}, databases ${instances.map(({ database }) => database).join(", ")}
  Graph        ${standIn.origin} (a stand-in: mails end there)
  worker       node ${Worker.shownPath} run, process ${process.pid}'s child, configured by its environment alone

${bold("What to try next")}
  Open the inbox in a browser: it shows every mail as its recipient sees it, and inserts rows.${
    process.stdin.isTTY
      ? "\n  Press Enter: another row of another kind is inserted, and its mail appears here, too."
      : ""
  }
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

interface Ports {
  readonly postgresPort: Option.Option<number>
  readonly graphPort: Option.Option<number>
  readonly inboxPort: Option.Option<number>
}
const asked = (port: Option.Option<number>) => (Option.isSome(port) ? { port: port.value } : {})

const demo = Effect.fn("demo")(function* (options: Ports & { readonly exit: boolean }) {
  const server = yield* step("start PostgreSQL", Postgres.start(asked(options.postgresPort)))
  const forms = yield* step("make three databases, as three web forms would use them", Forms.open(server))
  const standIn = yield* GraphStandIn.start(asked(options.graphPort))
  const inbox = yield* Inbox.start({
    standIn,
    kinds: instances.map(({ database, form }) => ({ name: database, label: form })),
    insert: (typed) =>
      forms.find(({ instance }) => instance.database === typed.kind)?.submit(typed) ??
      Effect.fail("There is no such form."),
    ...asked(options.inboxPort)
  })
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

  yield* Effect.forEach(forms, (form) => Effect.forEach(form.instance.sample.inserts, () => form.submit()))
  yield* standIn.awaitMails(total).pipe(
    Effect.andThen(exactlyOnce(forms, standIn)),
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () =>
        Effect.fail(`within ${patience} only ${standIn.mails.length} of ${total} rows were mailed and settled`)
    }),
    unlessItEnds
  )
  yield* Console.log(`\n${green("✓")} ${bold(`${total} rows, ${total} mails, each exactly once`)}`)
  if (options.exit) return
  yield* Console.log(guide(server, standIn, inbox.url))
  const lines = yield* typed
  for (let n = 0; ; n++) {
    yield* unlessItEnds(Queue.take(lines))
    const form = forms[n % forms.length]
    if (form !== undefined) yield* Effect.catch(form.submit(), (reason) => Console.error(red(reason)))
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
    graphPort: port("graph-port", "the stand-in for Microsoft Graph"),
    inboxPort: port("inbox-port", "the inbox page")
  },
  (options) => Effect.scoped(demo(options))
).pipe(
  Command.run({ version: "demo" }),
  Effect.tapCause((cause) => {
    const reason = reasonOf(cause)
    return reason === undefined ? Effect.void : Console.error(red(`✗ ${reason}`))
  }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) =>
      onExit(Exit.isSuccess(exit) || (Cause.hasInterruptsOnly(exit.cause) && !process.argv.includes("--exit")) ? 0 : 1)
  })
)
