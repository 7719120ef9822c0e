// Whether one database is set up right, hop by hop, from the name of its server to the right to send. Looks and changes
// nothing. What hangs costs its hop's limit; what cannot be asked because of something before it is not known.
import { Effect, Exit, Layer, Scope } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type * as Catalog from "./Catalog.ts"
import { type Hop, hop, look, ok, skipped, unasked } from "./check/Hop.ts"
import * as Installed from "./check/Installed.ts"
import * as Network from "./check/Network.ts"
import { rights } from "./check/Rights.ts"
import * as Server from "./check/Server.ts"
import type { Subject } from "./check/Setting.ts"
import * as Wake from "./check/Wake.ts"
import * as Watching from "./check/Watching.ts"
import * as Connection from "./Connection.ts"
import { showTable } from "./Database.ts"

/** From the server's name to the triggers of the watched tables. */
export const database = Effect.fn("Check.database")(function* (subject: Subject) {
  const hops = [...(yield* Network.look(subject))]
  if (hops.some(isBroken)) return [...hops, skipped("database", "its server cannot be reached")]
  const login = yield* Server.login(subject)
  hops.push(login.hop)
  const greeting = login.found
  if (greeting === undefined) return [...hops, skipped("database", "nobody is logged in")]
  const early = [
    unasked("version", Server.version(greeting)),
    unasked("writing", Server.writable(subject, greeting)),
    unasked("clock", Server.clock(greeting))
  ]
  const asleep = Wake.asleep(subject)
  if (asleep !== undefined) early.push(unasked("sleep", asleep))
  hops.push(...early)
  if (early.some(isBroken)) return [...hops, skipped("database", "it has to be another server")]
  return [...hops, ...(yield* within(subject, inside(subject)))]
})

const isBroken = ({ outcome }: Hop): boolean => outcome === "broken"

/** With a pool whose end nobody waits for: it may hang. */
const within = Effect.fnUntraced(function* <E>(
  { database }: Subject,
  use: Effect.Effect<ReadonlyArray<Hop>, E, SqlClient>
) {
  const scope = yield* Scope.make()
  const opening = Layer.buildWithScope(Connection.pooled(database.address), scope)
  const { found, hop } = yield* look(
    "session",
    Effect.map(opening, (context) => [ok("opens"), context] as const)
  )
  const hops = found === undefined ? Effect.succeed([hop]) : Effect.provideContext(use, found)
  return yield* Effect.ensuring(hops, Effect.forkDetach(Scope.close(scope, Exit.void), { startImmediately: true }))
})

const inside = Effect.fnUntraced(function* (subject: Subject) {
  const { address, capture, tables } = subject.database
  const outbox = capture === "notify" ? undefined : yield* hop("outbox", Installed.outbox(capture))
  const installed = outbox !== undefined && outbox.outcome !== "broken"
  const looked = yield* Effect.forEach(tables, (table, index) =>
    look(`table ${showTable(table.name)}`, Watching.table(subject, index, table))
  )
  const found = looked.flatMap(({ found }) => (found === undefined ? [] : [found]))
  const [notifications, allowed, prepared, watched] = yield* Effect.all(
    [
      hop("notifications", Wake.heard(subject)),
      hop("rights", rights(address.database, found, installed)),
      hop("prepared transactions", Server.prepared),
      Effect.forEach(found, (description) => watching(subject, description, installed), { concurrency })
    ],
    { concurrency: "unbounded" }
  )
  return [
    notifications,
    prepared,
    ...(outbox === undefined ? [] : [outbox]),
    ...looked.map(({ hop }) => hop),
    allowed,
    ...watched.flat()
  ]
})

/** Tables that are looked at side by side; each takes a connection now and then. */
const concurrency = 8

const watching = Effect.fnUntraced(function* (subject: Subject, description: Catalog.Description, installed: boolean) {
  const name = showTable(description)
  const [visible, trigger, pace] = yield* Effect.all(
    [
      hop(`row-level security ${name}`, Watching.visible(description)),
      subject.database.capture === "notify"
        ? Effect.succeed(unasked(`trigger ${name}`, ok("is yours, not ours: its capture is notify")))
        : installed
          ? hop(`trigger ${name}`, Watching.trigger(subject.database, description))
          : Effect.succeed(skipped(`trigger ${name}`, "there is no outbox to compare it with")),
      hop(`pace ${name}`, Watching.pace(description))
    ],
    { concurrency: "unbounded" }
  )
  return [visible, trigger, pace]
})
