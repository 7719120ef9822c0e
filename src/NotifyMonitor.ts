// The actor of a database in which nothing may be installed: it lives on what the customer's own triggers notify, and on
// looking for what came while nobody listened. Weaker than the outbox: a restart of the process forgets what waits. One of
// several replicas is elected by an advisory lock on the connection that listens; the others stand by.
import { Duration, Effect, Queue } from "effect"
import * as CatchUp from "./CatchUp.ts"
import { ear, Notifications, unkept } from "./Connection.ts"
import type { Database } from "./Database.ts"
import { showTable } from "./Database.ts"
import type { Ledger } from "./Ledger.ts"
import { watch } from "./Monitor.ts"
import { prepare, warn, type Watched } from "./NotifyTables.ts"
import { installed, Outbox } from "./Outbox.ts"
import { parse } from "./Overheard.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Self } from "./State.ts"
import { Outage } from "./State.ts"

/** Between looks while connected: a notification may get lost on the customer's side, too. */
const lookEvery = Duration.minutes(1)

/** Why a worker that was not elected waits, which is as it should be. */
export const standby = "another worker mails from this database, this one stands by"

/** Watches one database for ever. `ledger` outlives this. */
export const run = Effect.fn("NotifyMonitor.run")(function* (database: Database, ledger: Ledger, self: Self) {
  const own = yield* ear(database.address)
  if (own !== undefined) return yield* listening(database, ledger, self, own)
  return yield* looking(database, ledger, self).pipe(Effect.provide(unkept(database.address)))
}, Effect.scoped)

type Ear = NonNullable<Effect.Success<ReturnType<typeof ear>>>

const listening = Effect.fnUntraced(function* (database: Database, ledger: Ledger, self: Self, { alive, pinned }: Ear) {
  const tables = yield* prepare(database, ledger)
  const listen = Effect.fnUntraced(function* (channel: string) {
    return { channel, heard: yield* orOutage(pinned.listen(channel)) }
  })
  const hear = Effect.fnUntraced(function* ({ channel, heard }: Effect.Success<ReturnType<typeof listen>>) {
    const own = tables.filter(({ table }) => table.channel === channel)
    while (true) {
      for (const { payload } of yield* orOutage(Queue.takeAll(heard))) {
        for (const { description, number, readable } of own) {
          const said = parse(payload, description)
          if (said === undefined) yield* Effect.logWarning(`channel ${channel} said what names no row; it is ignored`)
          else yield* ledger.capture(number, said.key, readable ? {} : { content: said.content })
        }
      }
      yield* Queue.offer(wakes, undefined)
    }
  })

  yield* begin(tables, ledger)
  const heard = yield* Effect.forEach(new Set(tables.map(({ table }) => table.channel)), listen)
  const elected = yield* elect(pinned, database)
  const stoodBy = ledger.standsBy
  ledger.standsBy = !elected
  if (!elected) {
    for (const table of tables) if (table.sighted) yield* CatchUp.begin(table, ledger)
    return yield* new Outage({
      state: "waiting",
      reason: standby
    })
  }
  const wakes = yield* Queue.sliding<void>(1)
  const look = lookInto(tables, ledger, wakes)
  // Since its last look while standing by, whoever was elected then may have mailed some.
  yield* look(stoodBy)
  yield* self.healthy
  return yield* Effect.raceAllFirst([
    alive.pipe(Effect.tapError((outage) => self.ailing(outage))),
    watching(database, ledger, self, tables, wakes),
    Effect.forever(Effect.delay(look(), lookEvery)),
    ...heard.map(hear)
  ])
})

/** Where no notification comes through, as behind a pooler: it looks, and says so. A lock for an election would not last, either. */
const looking = Effect.fnUntraced(function* (database: Database, ledger: Ledger, supervised: Self) {
  const tables = yield* prepare(database, ledger)
  if (!tables.some(({ sighted }) => sighted)) {
    const reason =
      "no notification comes through (a pooler?), and no table can be looked through: use the direct address"
    return yield* new Outage({ state: "blocked", reason })
  }
  for (const { description, sighted } of tables) {
    if (!sighted)
      yield* warn(ledger, `table ${showTable(description)} is not mailed from: no notification comes through`)
  }
  const every = Duration.min(lookEvery, database.pollEvery)
  const said = `looks every ${Duration.format(every)}, no notification comes through (a pooler?), use the direct address; a second worker would mail everything twice`
  const self = { ...supervised, healthy: supervised.polling(said, false) }
  yield* begin(tables, ledger)
  const wakes = yield* Queue.sliding<void>(1)
  const look = lookInto(tables, ledger, wakes)
  yield* look(ledger.standsBy)
  ledger.standsBy = false
  yield* self.healthy
  return yield* Effect.raceFirst(
    watching(database, ledger, self, tables, wakes),
    Effect.forever(Effect.delay(look(), every))
  )
})

/** What is there at the first start is not mailed. Before LISTEN: what commits between the two is found by looking. */
const begin = Effect.fnUntraced(function* (tables: ReadonlyArray<Watched>, ledger: Ledger) {
  for (const table of tables) if (table.sighted && !ledger.marks.has(table.number)) yield* CatchUp.begin(table, ledger)
})

const lookInto = (tables: ReadonlyArray<Watched>, ledger: Ledger, wakes: Queue.Queue<void>) =>
  Effect.fnUntraced(function* (maybeSent = false) {
    for (const table of tables) if (table.sighted) yield* CatchUp.since(table, ledger, maybeSent)
    yield* Queue.offer(wakes, undefined)
  })

/** Claims and delivers what the ledger holds; whoever puts something in wakes it. */
const watching = (
  database: Database,
  ledger: Ledger,
  self: Self,
  tables: ReadonlyArray<Watched>,
  wakes: Queue.Queue<void>
) => {
  const notifications = Notifications.of({
    next: Effect.as(Queue.take(wakes), [""]),
    alive: Effect.never,
    deaf: undefined
  })
  const claims = watch(new Map(tables.map((table) => [table.number, table])), database.pollEvery, self).pipe(
    Effect.provideService(Notifications, notifications),
    Effect.provideService(Outbox, ledger.outbox)
  )
  return Effect.raceFirst(claims, Effect.forever(Effect.andThen(ledger.pause.changed, Queue.offer(wakes, undefined))))
}

/** Whether the outbox is there; where it is not, says what is weaker without it. */
export const outboxThere = Effect.fn("NotifyMonitor.outboxThere")(function* (ledger: Ledger) {
  if (yield* installed) return true
  yield* warn(
    ledger,
    "the outbox is not installed here, so this lives on notifications: a restart forgets what waits, and rows that come while no worker runs are not mailed. `inquiries-mailer migrate` installs it"
  )
  return false
})

const elect = (pinned: Ear["pinned"], { name }: Database) =>
  orOutage(
    pinned.queryValues("select pg_try_advisory_lock(hashtextextended($1, 0))", [`inquiries_mailer ${name}`])
  ).pipe(Effect.map(([row]) => row?.[0] === true))
