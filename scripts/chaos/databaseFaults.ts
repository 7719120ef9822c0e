// What goes wrong on the side of PostgreSQL: with one database, or with the whole server. Each is put right again, and
// healed when every worker that was not struck otherwise says that it is at work again.
import { Effect, Random } from "effect"
import type { Arena, Place } from "./Arena.ts"
import { connect, insist } from "./Client.ts"
import { type Fault, firstTrouble, type Target, until } from "./Fault.ts"
import { type Forms, insertion } from "./Forms.ts"

/** Whoever has noticed nothing for so long after the end has no more reason to. */
const promised = 16_000

const atWork = (target: Target, from: number, to: number) =>
  Effect.gen(function* () {
    const { arena, places } = target
    // Each worker at each database once: something else may be wrong at another one by then.
    let away = arena.workers.flatMap((worker) =>
      places.map(({ name }) => ({ worker, name, generation: worker.generation() }))
    )
    yield* until(() => firstTrouble(target, "database", from) !== undefined || Date.now() > to + promised, 50)
    if (firstTrouble(target, "database", from) === undefined) return to
    if (arena.meeting !== undefined) {
      const isRun = ({ name }: Place) =>
        arena.workers.some((worker) => worker.generation() !== undefined && arena.log.isWorking(worker.name, name))
      return yield* until(() => places.every(isRun), 50)
    }
    return yield* until(() => {
      away = away.filter(
        ({ generation, name, worker }) =>
          generation !== undefined && worker.generation() === generation && !arena.log.isWorking(worker.name, name)
      )
      return away.length === 0
    }, 50)
  })

const between = (least: number, most: number) => Effect.flatMap(Random.nextBetween(least, most), Effect.sleep)

const endSessions = ({ role, url }: Place) =>
  insist(url, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`)

/** Strikes each place; what `wrong` did `right` puts right, whatever happens meanwhile. */
const onEach =
  <A>(
    wrong: (place: Place, arena: Arena) => Effect.Effect<A>,
    hold: readonly [least: number, most: number],
    right: (place: Place, done: A) => Effect.Effect<unknown>
  ): Fault["strike"] =>
  ({ arena, places }) =>
    Effect.forEach(
      places,
      (place) =>
        Effect.acquireUseRelease(
          wrong(place, arena),
          () => between(...hold),
          (done) => right(place, done)
        ),
      { concurrency: "unbounded", discard: true }
    )

const fault = (name: string, strike: Fault["strike"]): Fault => ({
  ...{ name, strike, inFlight: true, healed: atWork, noticed: "database" }
})

/** Changes something of the workers' role, which new sessions feel. */
const ofRole = (name: string, wrong: (place: Place) => string, right: (place: Place) => string) =>
  fault(
    name,
    onEach(
      (place) => Effect.andThen(insist(place.url, `alter role ${place.role} ${wrong(place)}`), endSessions(place)),
      [3_000, 7_000],
      (place) => insist(place.url, `alter role ${place.role} ${right(place)}`)
    )
  )

const signal = (pid: number, name: NodeJS.Signals) =>
  Effect.sync(() => {
    try {
      process.kill(pid, name)
    } catch {}
  })

const stopBackend = ({ role, url }: Place) =>
  Effect.gen(function* () {
    const rows = yield* insist(url, `select pid from pg_stat_activity where usename = '${role}' order by backend_start`)
    // The oldest is the one that LISTENs.
    const first = yield* Random.nextBoolean
    const pid = Number((first ? rows[0] : rows[yield* Random.nextIntBetween(0, Math.max(0, rows.length - 1))])?.["pid"])
    if (pid > 0) yield* signal(pid, "SIGSTOP")
    return pid
  })

export const ofDatabases: ReadonlyArray<Fault> = [
  fault(
    "every session of the workers ended",
    onEach(endSessions, [0, 50], () => Effect.void)
  ),
  fault(
    "a session's process stopped",
    onEach(stopBackend, [4_000, 18_000], (_, pid) => (pid > 0 ? signal(pid, "SIGCONT") : Effect.void))
  ),
  ofRole(
    "too many connections",
    () => "connection limit 0",
    () => "connection limit -1"
  ),
  fault(
    "the network falls silent",
    onEach(
      ({ network }) => network.fallSilent,
      [5_000, 18_000],
      ({ network }) => network.speak
    )
  ),
  ofRole(
    "the password changed and back",
    () => "password 'another'",
    ({ password }) => `password '${password}'`
  ),
  ofRole(
    "read-only",
    () => "set default_transaction_read_only = on",
    () => "reset default_transaction_read_only"
  )
]

/** So many rows are written while the trigger is off: fewer than the sweep asks a person about. */
const uncaptured = 3

/** Their sessions end afterwards, because a worker looks for such rows only after it has connected, and every 10 minutes. */
export const triggerOff = (forms: Forms): Fault => {
  const written = new Map<string, ReadonlyArray<string>>()

  // One transaction: its lock makes the forms wait, so that no other row goes uncaptured.
  const write = Effect.fnUntraced(function* (place: Place) {
    const tokens = forms.tokens(uncaptured)
    const at = Date.now()
    const clear = yield* Effect.scoped(
      Effect.flatMap(connect(place.url), ({ query }) =>
        query(`
          begin; alter table inquiries disable trigger user; ${tokens.map((token) => insertion([token])).join("; ")};
          alter table inquiries enable trigger user; commit`)
      )
    ).pipe(
      Effect.as(true),
      Effect.orElseSucceed(() => false)
    )
    forms.note(tokens, place.name, at, clear)
    written.set(place.name, clear ? tokens : [])
    yield* endSessions(place)
  })
  return {
    name: "the trigger disabled",
    strike: ({ places }) => Effect.forEach(places, write, { discard: true }),
    inFlight: false,
    healed: ({ arena, places }) => {
      const wanted = places.flatMap(({ name }) => written.get(name) ?? [])
      return until(() => wanted.every((token) => arena.arrived.has(token)), 50)
    },
    noticed: undefined
  }
}

const server = (name: string, stop: (arena: Arena) => Effect.Effect<void>): Fault =>
  fault(name, ({ arena }) =>
    Effect.acquireUseRelease(
      stop(arena),
      () => between(100, 2_000),
      () => Effect.orDie(arena.server.start)
    )
  )

export const ofServer: ReadonlyArray<Fault> = [
  server("the server restarted (fast)", (arena) => arena.server.stop("fast")),
  server("the server restarted (immediate)", (arena) => arena.server.stop("immediate")),
  server("the server killed (kill -9)", (arena) => arena.server.kill)
]
