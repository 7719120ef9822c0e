// What an operator may ask of, and do to, each configured database, from the running worker or from a command. Every call
// takes the way that the worker has open anyway, or a connection of its own, and leaves it.
import { Clock, Context, Effect, Layer, Semaphore } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "./Connection.ts"
import { count, type Counts } from "./Counts.ts"
import type { Database, DatabaseName } from "./Database.ts"
import * as Lent from "./Lent.ts"
import type { Ledger } from "./Ledger.ts"
import { installed } from "./Outbox.ts"
import * as Parked from "./Parked.ts"
import * as Pause from "./Pause.ts"
import { Outage } from "./State.ts"

/** Connections at once: an office that clicks on everything leaves the databases alone. */
const concurrency = 4

export interface PauseAnswer {
  readonly paused: boolean
  /** False: it was so before. */
  readonly changed: boolean
  /** Since when it is paused, or was. */
  readonly since: string | undefined
  /**
   * Who sees it: every replica, within seconds or at its next poll. Where nothing may be installed this process alone, and
   * nobody where this process mails nothing.
   */
  readonly seen: "seconds" | "poll" | "process" | "nobody"
}

export class Operator extends Context.Service<
  Operator,
  {
    readonly counts: (database: string) => Effect.Effect<Counts, Outage>
    readonly pause: (database: string) => Effect.Effect<PauseAnswer, Outage>
    readonly resume: (database: string) => Effect.Effect<PauseAnswer, Outage>
    /** False: no parked notice there has this id. */
    readonly retry: (database: string, id: string) => Effect.Effect<boolean, Outage>
    readonly discard: (database: string, id: string) => Effect.Effect<boolean, Outage>
    /** What is parked there, the newest first, and whether there is more. */
    readonly parked: (database: string, selection: Parked.Selection) => Effect.Effect<Found, Outage>
    readonly show: (database: string, id: string) => Effect.Effect<Parked.Shown | undefined, Outage>
    /** Many at once; says which. */
    readonly change: (
      database: string,
      what: "retry" | "discard",
      selection: Parked.Selection
    ) => Effect.Effect<ReadonlyArray<Parked.Changed>, Outage>
  }
>()("inquiries-mailer/Operator") {
  /** `ledgers` are those that this process mails from. */
  static readonly layer = (
    databases: ReadonlyArray<Database>,
    ledgers: ReadonlyMap<DatabaseName, Ledger> = new Map()
  ): Layer.Layer<Operator> => Layer.effect(Operator, make(databases, ledgers))
}

const changes = { retry: Parked.retry, discard: Parked.discard }

type Found = Effect.Success<ReturnType<typeof Parked.list>>

const make = Effect.fnUntraced(function* (
  databases: ReadonlyArray<Database>,
  ledgers: ReadonlyMap<DatabaseName, Ledger>
) {
  const places = yield* Semaphore.make(concurrency)

  /** `absent` is for where no outbox is installed. */
  const at = <A>(
    name: string,
    work: (database: Database) => Effect.Effect<A, Outage, SqlClient>,
    absent: (ledger: Ledger | undefined) => Effect.Effect<A, Outage>
  ): Effect.Effect<A, Outage> => {
    const database = databases.find((each) => each.name === name)
    if (database === undefined)
      return Effect.fail(new Outage({ state: "blocked", reason: "no database has this name" }))
    const inMemory = absent(ledgers.get(database.name))
    if (database.capture === "notify") return inMemory
    const asked =
      database.capture === "auto" ? Effect.flatMap(installed, (it) => (it ? work(database) : inMemory)) : work(database)
    return Effect.suspend(() => {
      const line = Lent.lineTo(database.address)
      return line === undefined
        ? places.withPermit(Effect.provide(asked, Connection.once(database.address)))
        : Effect.provideService(asked, SqlClient, line)
    })
  }

  const parkedAt = <A>(name: string, work: (database: DatabaseName) => Effect.Effect<A, Outage, SqlClient>) =>
    at(
      name,
      (database) => work(database.name),
      () => Effect.fail(unkept)
    )

  const paused = (name: string, wanted: boolean) =>
    at(
      name,
      ({ name, wake }) =>
        Effect.map(wanted ? Pause.pause(name) : Pause.resume(name), ({ changed, since }): PauseAnswer => ({
          ...{ paused: wanted, changed, since },
          seen: wake === "poll" ? "poll" : "seconds"
        })),
      Effect.fnUntraced(function* (ledger) {
        if (ledger === undefined) {
          const answer: PauseAnswer = { paused: false, changed: false, since: undefined, seen: "nobody" }
          return answer
        }
        const before = ledger.pause.since
        const changed = yield* ledger.pause.set(wanted)
        const answer: PauseAnswer = { paused: wanted, changed, since: ledger.pause.since ?? before, seen: "process" }
        return answer
      })
    )

  const one = (what: "retry" | "discard") => (name: string, id: string) =>
    Effect.map(change(name, what, { id }), (changed) => changed.length > 0)
  const change = (name: string, what: "retry" | "discard", selection: Parked.Selection) =>
    parkedAt(name, (database) => changes[what](database, selection))

  return Operator.of({
    counts: (name) => at(name, (database) => count(database.name), remembered),
    pause: (name) => paused(name, true),
    resume: (name) => paused(name, false),
    retry: one("retry"),
    discard: one("discard"),
    parked: (name, selection) => parkedAt(name, (database) => Parked.list(database, selection)),
    show: (name, id) => parkedAt(name, (database) => Parked.show(database, id)),
    change
  })
})

const unkept = new Outage({
  state: "blocked",
  reason: "nothing is installed here (capture notify), so what was parked is kept nowhere: the worker's log names it"
})

/** Of a ledger, what can be said. */
const remembered = Effect.fnUntraced(function* (ledger: Ledger | undefined) {
  if (ledger === undefined) {
    const reason = "nothing is installed here (capture notify): what waits is known to the running worker alone"
    return yield* new Outage({ state: "blocked", reason })
  }
  const waiting = ledger.waiting()
  const now = yield* Clock.currentTimeMillis
  const oldest = waiting.reduce((a, b) => Math.min(a, b), now)
  const counts: Counts = {
    source: "memory",
    pausedSince: ledger.pause.since ?? null,
    waiting: waiting.length,
    held: 0,
    uncertain: 0,
    oldestWaitingSeconds: waiting.length === 0 ? null : (now - oldest) / 1_000,
    parked: {},
    ...{ sent: 0, gone: 0, lastSentAt: null, recent: [] }
  }
  return counts
})
