// The routes of the worker's server, with an operator and a supervisor that are fakes, and visitors from this machine.
import { DateTime, Effect, Layer, Redacted, SubscriptionRef } from "effect"
import type { Asked } from "../../src/http/Answer.ts"
import * as Routes from "../../src/http/routes.ts"
import type { Standing } from "../../src/Mailer.ts"
import type { Counts } from "../../src/Counts.ts"
import { Operator, type PauseAnswer } from "../../src/Operator.ts"
import { Outage, type State } from "../../src/State.ts"
import { type Statuses, Supervisor } from "../../src/Supervisor.ts"

export const token = "a-token-for-the-tests-0123456789"
export const id = "00000000-0000-4000-8000-000000000001"
export const since = DateTime.makeUnsafe(0)
export const counted: Counts = {
  ...{ source: "outbox", pausedSince: null, waiting: 1, held: 0, uncertain: 0, oldestWaitingSeconds: 2.5 },
  ...{ parked: { rejected: 2 }, sent: 4, gone: 3, lastSentAt: "1970-01-01T00:00:00.000Z" },
  recent: [{ table: "public.inquiries", key: "1", outcome: "sent", at: "1970-01-01T00:00:00.000Z" }]
}
export const listening: State = { _tag: "listening" }
export const away = new Outage({ state: "waiting", reason: "nothing accepts connections" })

export const asking = (path: string, overrides: Partial<Asked> = {}): Asked => ({
  ...{ method: "GET", path, peer: "127.0.0.1", own: "127.0.0.1", host: "localhost" },
  ...{ authorization: undefined, forwarded: false },
  ...overrides
})
export const changing = (path: string) => asking(path, { method: "POST", authorization: `Bearer ${token}` })

export const staged = Effect.fnUntraced(function* (
  states: Readonly<Record<string, State>>,
  operations: Partial<Operator["Service"]> = {},
  standing: Standing = { _tag: "Open" },
  known: string | null = token
) {
  const done: Array<string> = []
  const noting = (action: string) => (database: string) =>
    Effect.sync(() => {
      done.push(`${action} ${database}`)
      const answer: PauseAnswer = { paused: action === "pause", changed: true, since: undefined, seen: "seconds" }
      return answer
    })
  const settling = (action: string) => (database: string, id: string) =>
    Effect.sync(() => done.push(`${action} ${database} ${id}`) > 0)
  const none = () => Effect.die("not asked for over HTTP")
  const operator = Operator.of({
    counts: () => Effect.succeed(counted),
    ...{ pause: noting("pause"), resume: noting("resume"), retry: settling("retry"), discard: settling("discard") },
    ...{ parked: none, show: none, change: none },
    ...operations
  })
  const statuses = yield* SubscriptionRef.make<Statuses>(
    new Map(
      Object.entries(states).map(([name, state]) => [name, { state, since, crashes: 0, allCrashes: 0, restarts: 0 }])
    )
  )
  const answer = yield* Routes.make({
    token: known === null ? undefined : Redacted.make(known),
    standings: new Map(Object.keys(states).map((name) => [name, Effect.succeed(standing)])),
    paces: new Map(),
    metrics: Effect.succeed("# nothing yet\n")
  }).pipe(Effect.provide(Layer.merge(Layer.succeed(Supervisor, { statuses }), Layer.succeed(Operator, operator))))
  return { answer, done, statuses }
})
