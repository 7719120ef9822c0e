// Many processes share the databases: which of them this one runs is a signal to the children, made turn by turn with what
// the cluster's database says. While that is away the process keeps what it had: the leases of the outboxes, not this,
// keep a mail from going out twice.
import {
  Cause,
  Clock,
  Context,
  DateTime,
  Duration,
  Effect,
  Exit,
  Fiber,
  Latch,
  Layer,
  Option,
  Queue,
  Scope
} from "effect"
import { describeCrash } from "./Crash.ts"
import * as Look from "./fleet/Look.ts"
import * as Member from "./fleet/Member.ts"
import * as Slots from "./fleet/Slots.ts"
import { Store } from "./fleet/Store.ts"
import { within } from "./fleet/Within.ts"
import type { Outage } from "./State.ts"

const interval = Duration.seconds(1)
/** From the first turn to the second. */
const introduction = Duration.millis(300)
/** Longer, and the cluster's database counts as away. */
const turnTimeout = Duration.seconds(4)
const connectTimeout = Duration.seconds(15)
const farewell = Duration.seconds(1)
const publishEvery = Duration.hours(1)

export interface Options extends Member.Options {
  readonly store: Layer.Layer<Store, Outage>
}

export class Fleet extends Context.Service<
  Fleet,
  {
    /** Runs a database's child whenever the database is this process's, for ever. */
    readonly whileOwn: Slots.Slots["whileOwn"]
    /** From now on this process takes nothing, and gives what has ended. */
    readonly leave: Effect.Effect<void>
    /** Who runs what, as this process sees it. */
    readonly look: Effect.Effect<Look.Look>
  }
>()("inquiries-mailer/Fleet") {
  static readonly layer = (options: Options): Layer.Layer<Fleet> => Layer.effect(Fleet, make(options))
}

const make = Effect.fnUntraced(function* (options: Options) {
  const { id, own } = options
  const moved = yield* Queue.sliding<void>(1)
  const slots = Slots.make([...new Set([...own.named.values()].flat())], () => void Queue.offerUnsafe(moved, undefined))
  const member = Member.make(options, slots)
  const ending = Latch.makeUnsafe(false)
  let away: { readonly since: DateTime.Utc; readonly reason: string } | undefined
  let store: Store["Service"] | undefined

  const turns = Effect.fnUntraced(function* (store: Store["Service"]) {
    let published: number | undefined
    while (true) {
      const now = yield* Clock.currentTimeMillis
      if (published === undefined || now - published > Duration.toMillis(publishEvery)) {
        yield* within(turnTimeout, store.publish)
        published = now
      }
      const first = !member.isKnown()
      yield* within(turnTimeout, member.turn(store))
      if (away !== undefined) yield* Effect.logInfo("the cluster's database answers again")
      away = undefined
      yield* Effect.timeoutOption(Queue.take(moved), first ? introduction : interval)
    }
  })

  const session = Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Effect.gen(function* () {
      const made = Context.get(yield* within(connectTimeout, Layer.buildWithScope(options.store, scope)), Store)
      store = made
      yield* Effect.raceFirst(turns(made), ending.await)
      yield* within(farewell, made.leave)
    }).pipe(
      // The peer of these connections may be gone, and a polite end would wait for it.
      Effect.onExit(() => Effect.forkDetach(Scope.close(scope, Exit.void)))
    )
  })

  const failed = Effect.fnUntraced(function* (cause: Cause.Cause<Outage>) {
    const reason = Option.match(Cause.findErrorOption(cause), {
      onNone: () => `a bug: ${describeCrash(cause)}`,
      onSome: ({ reason }) => reason
    })
    yield* member.failed
    if (away?.reason !== reason) {
      const goesOn = member.isKnown() ? "this worker goes on with what it has" : "nothing is mailed until it answers"
      yield* Effect.logWarning(`the cluster's database: ${reason}; ${goesOn}`)
    }
    away = { since: away?.since ?? (yield* DateTime.now), reason }
    yield* Effect.raceFirst(Effect.sleep(interval), ending.await)
  })

  const life = Effect.catchCause(session, failed).pipe(Effect.repeat({ until: () => ending.isOpen() }))
  const fiber = yield* Effect.forkScoped(life)
  yield* Effect.addFinalizer(() =>
    Effect.andThen(
      Effect.sync(() => ending.openUnsafe()),
      Effect.timeoutOption(Fiber.await(fiber), farewell)
    )
  )
  return Fleet.of({
    whileOwn: slots.whileOwn,
    leave: Effect.andThen(member.leave, Queue.offer(moved, undefined)),
    look: Effect.suspend(() => {
      const unseen = Effect.sync(() => Look.unseen(id, away))
      if (store === undefined || away !== undefined) return unseen
      return within(turnTimeout, store.owners).pipe(
        Effect.map((owners) => Look.of({ id, own, owners, peers: member.peers() })),
        Effect.catch(() => unseen)
      )
    })
  })
})
