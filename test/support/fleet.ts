// A status page over a fleet that a test, or a picture, fills by hand: the real server, routes and page, with databases
// that are only said to be there.
import { DateTime, Effect, Layer, Redacted, SubscriptionRef } from "effect"
import { freePort } from "../../scripts/stage/loopback.ts"
import type { Counts } from "../../src/Counts.ts"
import * as Routes from "../../src/http/routes.ts"
import * as Server from "../../src/http/Server.ts"
import type { Standing } from "../../src/Mailer.ts"
import { Operator, type PauseAnswer } from "../../src/Operator.ts"
import type { Parked } from "../../src/Parked.ts"
import { Outage, type State, type Status } from "../../src/State.ts"
import { type Statuses, Supervisor } from "../../src/Supervisor.ts"
import { token } from "./routes.ts"

export const host = "127.0.0.1"

/** What is said of one database; a test changes it while it is shown. */
export interface Said {
  counts: Counts
  parked: Array<Parked>
  standing: Standing
}

export const nothing: Counts = {
  ...{ source: "outbox", pausedSince: null, waiting: 0, held: 0, uncertain: 0, oldestWaitingSeconds: null },
  ...{ parked: {}, sent: 0, gone: 0, lastSentAt: null, recent: [] }
}

export const listening: State = { _tag: "listening" }

export const statusOf = (state: State, since: DateTime.Utc): Status => ({
  ...{ state, since, crashes: 0, allCrashes: 0, restarts: 0 }
})

export const fleet = Effect.fn("fleet")(function* (names: ReadonlyArray<string>) {
  const start = yield* DateTime.now
  const statuses = yield* SubscriptionRef.make<Statuses>(
    new Map(names.map((name) => [name, statusOf(listening, start)]))
  )
  const said = new Map(
    names.map((name): [string, Said] => [name, { counts: nothing, parked: [], standing: { _tag: "Open" } }])
  )
  const done: Array<string> = []
  const port = yield* freePort
  const of = (name: string) => said.get(name) ?? { counts: nothing, parked: [], standing: { _tag: "Open" } as const }

  const become = Effect.fnUntraced(function* (name: string, state: State, since?: DateTime.Utc) {
    const status = statusOf(state, since ?? (yield* DateTime.now))
    yield* SubscriptionRef.update(statuses, (all) => new Map(all).set(name, status))
  })

  const paused = (wanted: boolean) => (name: string) =>
    Effect.gen(function* () {
      done.push(`${wanted ? "pause" : "resume"} ${name}`)
      const reason = "since 2026-11-24T12:00:00Z; resume it to go on"
      yield* become(name, wanted ? { _tag: "paused", reason } : listening)
      const answer: PauseAnswer = { paused: wanted, changed: true, since: undefined, seen: "seconds" }
      return answer
    })

  const operator = Operator.of({
    counts: (name) => Effect.sync(() => of(name).counts),
    pause: paused(true),
    resume: paused(false),
    retry: (name, id) =>
      Effect.sync(() => {
        done.push(`retry ${name} ${id}`)
        const one = of(name)
        const before = one.parked.length
        one.parked = one.parked.filter((notice) => notice.id !== id)
        one.counts = { ...one.counts, parked: one.parked.length === 0 ? {} : { rejected: one.parked.length } }
        return one.parked.length < before
      }),
    discard: () => Effect.fail(new Outage({ state: "blocked", reason: "not on this page" })),
    parked: (name) => Effect.sync(() => ({ notices: of(name).parked, more: false })),
    show: () => Effect.undefined,
    change: () => Effect.succeed([])
  })

  /** Until the scope closes; then it may be served again, under the same address. */
  const serve = Effect.gen(function* () {
    const answer = yield* Routes.make({
      token: Redacted.make(token),
      standings: new Map(names.map((name) => [name, Effect.sync(() => of(name).standing)])),
      paces: new Map(),
      metrics: undefined
    })
    return yield* Server.serve({ host, port, answer })
  }).pipe(Effect.provide(Layer.merge(Layer.succeed(Supervisor, { statuses }), Layer.succeed(Operator, operator))))

  return { become, done, of, serve, url: `http://${host}:${port}/` }
})
