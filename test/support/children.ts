// Children for a supervisor that act out what their turn says, and a look at how it sees them.
import { assert } from "@effect/vitest"
import { Clock, Context, type Duration, Effect, Layer, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { Outage, type Self } from "../../src/State.ts"
import { type Child, Supervisor } from "../../src/Supervisor.ts"
import { quiet, type Said } from "./quiet.ts"

export const down = new Outage({ state: "waiting", reason: "nothing accepts connections" })
export const refused = new Outage({ state: "blocked", reason: "the server refuses the password" })

/** A child that notes when it starts and then does what its turn in `acts` says, the last one for ever. */
export const acting = (name: string, ...acts: ReadonlyArray<(self: Self) => Effect.Effect<never, Outage>>) => {
  const starts: Array<number> = []
  const run = (self: Self): Effect.Effect<never, Outage> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => acts[Math.min(starts.push(now), acts.length) - 1]!(self))
  return { name, run, starts }
}

export const healthyFor = (duration: Duration.Input, then: Effect.Effect<never, Outage>) => (self: Self) =>
  self.healthy.pipe(Effect.andThen(Effect.sleep(duration)), Effect.andThen(then))
export const healthy = (self: Self) => Effect.andThen(self.healthy, Effect.never)
export const failing = (outage: Outage) => () => Effect.fail(outage)
export const crashing: (self: Self) => Effect.Effect<never> = () => Effect.die(new TypeError("a bug"))

export const supervised = Effect.fnUntraced(function* (...children: ReadonlyArray<Child>) {
  const context = yield* Layer.build(Supervisor.layer(children))
  yield* settle
  const { statuses } = Context.get(context, Supervisor)
  const statusOf = Effect.fnUntraced(function* (name: string) {
    const status = (yield* SubscriptionRef.get(statuses)).get(name)
    return status ?? assert.fail(`no status of ${name}`)
  })
  return { statusOf, stateOf: (name: string) => Effect.map(statusOf(name), ({ state }) => state) }
})

/** Lets every fiber run as far as it can without time passing. */
export const settle = TestClock.adjust(0)

export const logged = <A, E, R>(test: (lines: ReadonlyArray<Said>) => Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const { layer, lines } = quiet()
    return test(lines).pipe(Effect.provide(layer))
  })
