// A monitor of an empty outbox, which leaves claims ahead as the test says.
import { Duration, Effect, Layer, Queue } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import type { Ahead } from "../../src/Ahead.ts"
import { nothing } from "../../src/ClaimAnswer.ts"
import { Notifications } from "../../src/Connection.ts"
import { Mailer, type Standing } from "../../src/Mailer.ts"
import { watch } from "../../src/Monitor.ts"
import { Outbox } from "../../src/Outbox.ts"
import { indifferent, notice, watched } from "./fakes.ts"
import { quiet } from "./quiet.ts"

const description = { schema: "public", name: "inquiries", key: "id", keyType: "integer", columns: [] } as const
const begun = (key: string) =>
  notice(key, { begun: { asked: 0, taken: false }, row: { table: "inquiries", key, fields: [] } })

/** A monitor of an empty outbox that hears `taken` and `news`; `waiting` is what a claim finds. */
export const watching = Effect.fnUntraced(function* (free = 4) {
  const events: Array<string> = []
  const say = (event: string) => Effect.sync(() => void events.push(event))
  const heard = yield* Queue.unbounded<ReadonlyArray<string>>()
  const waiting: Array<string> = []
  const places = { all: free, free }
  let standing: Standing = { _tag: "Open" }
  let taken: string | undefined
  let given = true
  let answers: Effect.Effect<void> = Effect.void
  let duringLeave: Effect.Effect<void> = Effect.void
  const ahead: Ahead = {
    hear: (payload) => {
      if (payload === "news" || payload === "theirs") return payload
      taken = payload
      return "ours"
    },
    isTaken: () => taken !== undefined,
    leave: Effect.andThen(
      say("leave"),
      Effect.suspend(() => duringLeave)
    ),
    take: (most) =>
      Effect.sync(() => {
        const notices = given && taken !== undefined ? [begun(taken)] : []
        events.push(`take ${taken} of ${most}`)
        taken = undefined
        return { ...nothing, notices }
      }),
    withdraw: Effect.as(say("withdraw"), true)
  }
  const services = Layer.mergeAll(
    Layer.mock(Notifications, { next: Queue.take(heard), alive: Effect.never, deaf: undefined }),
    Layer.mock(Mailer, {
      standing: Effect.sync(() => standing),
      places: Effect.sync(() => places),
      send: () =>
        Effect.as(
          Effect.suspend(() => answers),
          { requestId: undefined }
        )
    }),
    Layer.mock(Outbox, {
      claim: (limit) =>
        Effect.sync(() => {
          const notices = waiting.splice(0, limit).map(begun)
          events.push(`claim ${notices.length}`)
          return { ...nothing, notices, untilDue: waiting.length > 0 ? Duration.zero : undefined }
        }),
      begin: () => Effect.void,
      settle: ({ key }) => say(`settle ${key}`),
      release: (notices) => say(`release ${notices.length}`)
    }),
    Layer.succeed(SqlClient, {} as SqlClient),
    quiet().layer
  )
  const all = new Map([[1, { ...watched, description }]])
  const monitor = yield* watch(all, watched.database.pollEvery, indifferent, undefined, Effect.succeed(ahead)).pipe(
    Effect.provide(services),
    Effect.forkChild
  )
  yield* TestClock.adjust(0)
  events.length = 0
  return {
    ...{ events, monitor, places, waiting },
    notify: (...payloads: ReadonlyArray<string>) => Effect.andThen(Queue.offer(heard, payloads), TestClock.adjust(0)),
    stand: (next: Standing) => void (standing = next),
    refuse: () => void (given = false),
    answering: (effect: Effect.Effect<void>) => void (answers = effect),
    leaving: (effect: Effect.Effect<void>) => void (duringLeave = effect),
    /** A row has taken the claim before the answer that it is left. */
    overtake: (key: string) => Queue.offer(heard, [key])
  }
})
