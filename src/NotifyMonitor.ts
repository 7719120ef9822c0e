// The actor of a database in which nothing may be installed: it lives on what the customer's own triggers notify, and on
// looking for what came while nobody listened. Weaker than the outbox: a restart of the process forgets what waits. One of
// several replicas is elected by an advisory lock on the connection that listens; the others stand by.
import { Duration, Effect, Queue } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Prepared } from "./Batch.ts"
import * as Catalog from "./Catalog.ts"
import * as CatchUp from "./CatchUp.ts"
import { Notifications, pin } from "./Connection.ts"
import type { Database } from "./Database.ts"
import { showTable } from "./Database.ts"
import type { Ledger } from "./Ledger.ts"
import { watch } from "./Monitor.ts"
import { Outbox } from "./Outbox.ts"
import { parse, toRow } from "./Overheard.ts"
import * as Records from "./Records.ts"
import type { Row } from "./Row.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Self } from "./State.ts"
import { Outage } from "./State.ts"

/** Between looks while connected: a notification may get lost on the customer's side, too. */
const lookEvery = Duration.minutes(1)

/** Why a worker that was not elected waits, which is as it should be. */
export const standby = "another worker mails from this database, this one stands by"

/** Watches one database for ever. `ledger` outlives this. */
export const run = Effect.fn("NotifyMonitor.run")(function* (database: Database, ledger: Ledger, self: Self) {
  const tables = yield* prepare(database, ledger)
  const { alive, pinned } = yield* pin(database.address)
  const wakes = yield* Queue.sliding<void>(1)
  const sighted = tables.filter((table) => table.readable && CatchUp.possible(table))

  const looking = Effect.fnUntraced(function* (maybeSent = false) {
    for (const table of sighted) yield* CatchUp.since(table, ledger, maybeSent)
    yield* Queue.offer(wakes, undefined)
  })

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

  // What is there at the first start is not mailed. Before LISTEN: what commits between the two is found by looking.
  for (const table of sighted) if (!ledger.marks.has(table.number)) yield* CatchUp.begin(table, ledger)
  const heard = yield* Effect.forEach(new Set(tables.map(({ table }) => table.channel)), listen)
  const elected = yield* elect(pinned, database)
  const stoodBy = ledger.standsBy
  ledger.standsBy = !elected
  if (!elected) {
    for (const table of sighted) yield* CatchUp.begin(table, ledger)
    return yield* new Outage({
      state: "waiting",
      reason: standby
    })
  }
  // Since its last look while standing by, whoever was elected then may have mailed some.
  yield* looking(stoodBy)
  yield* self.healthy
  const notifications = Notifications.of({
    next: Queue.take(wakes),
    clear: Effect.asVoid(Queue.clear(wakes)),
    alive,
    deaf: undefined
  })
  const watching = watch(new Map(tables.map((table) => [table.number, table])), database.pollEvery, self).pipe(
    Effect.provideService(Notifications, notifications),
    Effect.provideService(Outbox, ledger.outbox)
  )
  return yield* Effect.raceAllFirst([
    alive.pipe(Effect.tapError((outage) => self.ailing(outage))),
    watching,
    Effect.forever(Effect.delay(looking(), lookEvery)),
    Effect.forever(Effect.andThen(ledger.pause.changed, Queue.offer(wakes, undefined))),
    ...heard.map(hear)
  ])
}, Effect.scoped)

/** Whether `migrate` was here. */
export const outboxThere = Effect.fn("NotifyMonitor.outboxThere")(function* (ledger: Ledger) {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<{ readonly there: boolean }>`
    select to_regclass('inquiries_mailer.outbox') is not null as there`)
  if (row?.there === true) return true
  yield* warn(
    ledger,
    "the outbox is not installed here, so this lives on notifications: a restart forgets what waits, and rows that come while no worker runs are not mailed. `inquiries-mailer migrate` installs it"
  )
  return false
})

/** A child that starts again and again says it once. */
const warn = (ledger: Ledger, warning: string): Effect.Effect<void> =>
  Effect.suspend(() => (ledger.warned.has(warning) ? Effect.void : Effect.logWarning(warning))).pipe(
    Effect.andThen(Effect.sync(() => void ledger.warned.add(warning)))
  )

interface Watched extends Prepared, CatchUp.Sighted {
  readonly readable: boolean
}

const prepare = Effect.fnUntraced(function* (database: Database, ledger: Ledger) {
  const sql = yield* SqlClient
  const tables: Array<Watched> = []
  for (const [number, table] of database.tables.entries()) {
    const description = yield* Catalog.describe(table.name)
    if (Catalog.isRefusal(description)) {
      return yield* new Outage({ state: "blocked", reason: description.refused })
    }
    const name = Catalog.quoted(description)
    const [standing] = yield* orOutage(sql<Standing>`
      select has_table_privilege(to_regclass(${name}), 'select') as readable, exists (select from pg_trigger t
        where t.tgname ~ '^inquiries_mailer_[0-9]+$' and t.tgrelid = to_regclass(${name}) and t.tgenabled in ('O', 'A')
      ) as captured`)
    if (standing?.captured === true) {
      yield* warn(ledger, `table ${showTable(description)} is left to the outbox, whose trigger stands on it`)
      continue
    }
    const readable = standing?.readable === true
    const secretKey = Catalog.isTextKey(description.keyType)
    const shared = { number, database, table, description, secretKey, readable }
    const { createdAt } = table
    const sighted = { ...shared, createdAt, timeZone: database.timeZone, read: read(shared, ledger) }
    if (!readable || !CatchUp.possible(sighted)) {
      yield* warn(
        ledger,
        `table ${showTable(description)}: what is written while the connection is away is not mailed, because ${readable ? "its keys do not grow and no column says when a row was written" : "this user may not read it"}`
      )
    }
    tables.push(sighted)
  }
  return tables
})

interface Standing {
  readonly readable: boolean
  readonly captured: boolean
}

const read =
  ({ description, number, readable }: Pick<Watched, "description" | "number" | "readable">, ledger: Ledger) =>
  (keys: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, Row>, Outage, SqlClient> => {
    if (readable) return Records.fetch(description, keys)
    const rows = new Map<string, Row>()
    for (const key of keys) {
      const content = ledger.contentOf(number, key)
      if (content === undefined) {
        const reason = `this user may not read ${showTable(description)}, and its notifications do not hold the row: grant SELECT on it`
        return Effect.fail(new Outage({ state: "blocked", reason }))
      }
      rows.set(key, toRow(description, key, content))
    }
    return Effect.succeed(rows)
  }

type Pinned = Effect.Success<ReturnType<typeof pin>>["pinned"]

const elect = (pinned: Pinned, { name }: Database) =>
  orOutage(
    pinned.queryValues("select pg_try_advisory_lock(hashtextextended($1, 0))", [`inquiries_mailer ${name}`])
  ).pipe(Effect.map(([row]) => row?.[0] === true))
