// Keeps children running, one for one: each is a fiber of its own, and what happens to one touches no other. An `Outage`
// is a state of the child, shown and waited out; anything else that ends a child is a crash, counted and logged. It
// knows no mail and no SQL. Children end together with the scope of the supervisor.
import { Cause, Clock, Context, DateTime, Deferred, Duration, Effect, FiberMap, Layer } from "effect"
import { Option, Schedule, SubscriptionRef } from "effect"
import { describeCrash } from "./Crash.ts"
import type { Outage, Self, State, Status } from "./State.ts"

/** Half a second is soon enough for a blip; 30 s is as long as a repaired database should wait to be noticed. */
export const restart = Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("30 seconds")]).pipe(
  Schedule.jittered
)
/** Healthy for this long: the schedule and the count of crashes begin anew. */
const healthyAfter = Duration.minutes(1)
/** This many crashes without a healthy minute between are a bug that restarting does not mend. */
const quarantineAfter = 8
const quarantineRetry = Duration.minutes(5)
/** After this much of a shutdown what a database still refuses is given up: sends in flight have their outcome by then. */
const drainBudget = Duration.seconds(15)

export interface Child {
  readonly name: string
  readonly run: (self: Self) => Effect.Effect<never, Outage>
}

export type Statuses = ReadonlyMap<string, Status>

export class Supervisor extends Context.Service<
  Supervisor,
  {
    /** How every child fares, by name; anyone may watch it. */
    readonly statuses: SubscriptionRef.SubscriptionRef<Statuses>
  }
>()("inquiries-mailer/Supervisor") {
  static readonly layer = (children: ReadonlyArray<Child>): Layer.Layer<Supervisor> =>
    Layer.effect(Supervisor, supervise(children))
}

const supervise = Effect.fnUntraced(function* (children: ReadonlyArray<Child>) {
  const since = yield* DateTime.now
  const initial: Status = { state: { _tag: "connecting" }, since, crashes: 0, allCrashes: 0, restarts: 0 }
  const statuses = yield* SubscriptionRef.make<Statuses>(new Map(children.map(({ name }) => [name, initial])))
  const stopping = yield* Deferred.make<number>()
  const givenUp = Effect.gen(function* () {
    const since = yield* Deferred.await(stopping)
    yield* Effect.sleep(Math.max(0, since + Duration.toMillis(drainBudget) - (yield* Clock.currentTimeMillis)))
  })
  // Closing it interrupts all children side by side, so that the slowest drain bounds the shutdown, not their sum.
  const fibers = yield* FiberMap.make<string>()
  yield* Effect.addFinalizer(() => Effect.flatMap(Clock.currentTimeMillis, (now) => Deferred.succeed(stopping, now)))
  for (const child of children) {
    yield* FiberMap.run(
      fibers,
      child.name,
      keep(child, statuses, givenUp).pipe(Effect.annotateLogs("database", child.name))
    )
  }
  return { statuses }
})

/** Runs one child for ever. */
const keep = Effect.fnUntraced(function* (
  child: Child,
  statuses: SubscriptionRef.SubscriptionRef<Statuses>,
  givenUp: Effect.Effect<void>
) {
  let delays = yield* steps
  let crashes = 0
  let allCrashes = 0
  let restarts = 0
  let healthySince: number | undefined
  let said: State | undefined
  let working: State = { _tag: "listening" }
  let pausedSince: string | undefined

  const enter = Effect.fnUntraced(function* (state: State) {
    const since = yield* DateTime.now
    yield* SubscriptionRef.update(statuses, (all) => {
      const before = all.get(child.name)
      const same = before?.state._tag === state._tag
      return new Map(all).set(child.name, { state, since: same ? before.since : since, crashes, allCrashes, restarts })
    })
    if (state._tag === "connecting") return
    if (said === undefined || !same(said, state)) yield* log(state, said)
    said = state
  })

  const work = Effect.fnUntraced(function* (state: State) {
    healthySince = yield* Clock.currentTimeMillis
    working = state
    yield* enter(pausedSince === undefined ? state : { _tag: "paused", reason: `by an operator since ${pausedSince}` })
  })
  const self: Self = {
    healthy: work({ _tag: "listening" }),
    polling: (reason, wanted) => work({ _tag: "polling", reason, wanted }),
    paused: (since) =>
      Effect.suspend(() => {
        if (since === pausedSince) return Effect.void
        pausedSince = since
        return work(working)
      }),
    givenUp,
    elsewhere: enter({ _tag: "elsewhere" }),
    ailing: (outage) => enter({ _tag: outage.state, reason: outage.reason, nextAttempt: undefined })
  }

  while (true) {
    healthySince = undefined
    yield* enter({ _tag: "connecting" })
    const cause = yield* Effect.flip(Effect.sandbox(child.run(self)))
    const now = yield* Clock.currentTimeMillis
    if (healthySince !== undefined && now - healthySince >= Duration.toMillis(healthyAfter)) {
      delays = yield* steps
      crashes = 0
    }
    const outage = Option.getOrUndefined(Cause.findErrorOption(cause))
    if (outage === undefined) {
      crashes++
      allCrashes++
    }
    const quarantined = crashes >= quarantineAfter
    const delay = quarantined ? quarantineRetry : (yield* Effect.orDie(delays(now, undefined)))[1]
    const millis = Math.ceil(Duration.toMillis(delay))
    const nextAttempt = DateTime.makeUnsafe(now + millis)
    if (outage === undefined) {
      yield* Effect.logError(`crashed: ${describeCrash(cause)}`).pipe(Effect.annotateLogs({ crashes }))
      yield* quarantined
        ? enter({ _tag: "quarantined", reason: `${crashes} crashes without a healthy minute between`, nextAttempt })
        : enter({ _tag: "waiting", reason: "it crashed", nextAttempt })
    } else {
      yield* enter({ _tag: outage.state, reason: outage.reason, nextAttempt })
    }
    yield* Effect.sleep(millis)
    restarts++
  }
})

const steps = Schedule.toStep(restart)

const same = (a: State, b: State): boolean =>
  a._tag === b._tag && (!("reason" in a) || !("reason" in b) || a.reason === b.reason)

/** An outage is logged when it begins, when its reason changes and when it ends: not a line an attempt. */
const log = (state: Exclude<State, { readonly _tag: "connecting" }>, before: State | undefined) => {
  switch (state._tag) {
    case "listening":
      if (before === undefined || before._tag === "elsewhere") return Effect.logInfo("listening")
      return Effect.logInfo(`listening again: ${before._tag === "paused" ? "the pause" : "the outage"} is over`)
    case "polling":
      return (state.wanted ? Effect.logInfo : Effect.logWarning)(`polling: ${state.reason}`)
    case "elsewhere":
      return before === undefined ? Effect.void : Effect.logInfo("another worker runs it now")
    case "paused":
      return Effect.logInfo(`paused ${state.reason}: nothing is mailed until it is resumed`)
    case "waiting":
      return Effect.logWarning(`waiting: ${state.reason}`).pipe(annotateNext(state.nextAttempt))
    case "blocked":
      return Effect.logError(`blocked until it is repaired: ${state.reason}`).pipe(annotateNext(state.nextAttempt))
    case "quarantined":
      return Effect.logError(`quarantined: ${state.reason}`).pipe(annotateNext(state.nextAttempt))
  }
}

const annotateNext = (next: DateTime.Utc | undefined) =>
  Effect.annotateLogs(next === undefined ? {} : { next: `tried again at ${DateTime.formatIso(next)}` })
