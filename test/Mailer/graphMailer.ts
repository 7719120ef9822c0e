// A mailer over fake connections, and what tests of it share.
import { Effect, Layer, Redacted, Ref } from "effect"
import { type MailerError } from "../../src/Mailer.ts"
import type { Request } from "../../src/Mailer/Connections.ts"
import * as Graph from "../../src/Mailer/Graph.ts"
import { TokenCache } from "../../src/Mailer/TokenCache.ts"
import { bearer, connections, mail, plain, type Respond } from "./samples.ts"

export const sender = {
  cloud: { login: "https://login.example.com", graph: "https://graph.example.com", emulated: false },
  from: "no+reply@example.com"
}

export const status = (code: number, headers: Record<string, string> = {}) =>
  Effect.sync(() => new Response(null, { status: code, headers }))

/** A mailer whose login names its tokens t1, t2, …, and what happened around it, in order. */
export const setup = Effect.fnUntraced(function* (respond: Respond) {
  const events = yield* Ref.make<ReadonlyArray<string>>([])
  const requests = yield* Ref.make<ReadonlyArray<Request>>([])
  const note = (event: string) => Ref.update(events, (all) => [...all, event])
  const login = yield* Ref.make<Effect.Effect<void, MailerError>>(Effect.void)
  const serial = yield* Ref.make(1)
  const tokens = Layer.succeed(TokenCache, {
    get: Effect.gen(function* () {
      yield* note("token")
      yield* Effect.flatten(Ref.get(login))
      return Redacted.make(`t${yield* Ref.get(serial)}`)
    }),
    invalidate: (refused) =>
      note(`invalidate ${Redacted.value(refused)}`).pipe(Effect.andThen(Ref.update(serial, (n) => n + 1)))
  })
  const client = connections((request) =>
    note(`request ${bearer(request)}`).pipe(
      Effect.andThen(Ref.update(requests, (all) => [...all, request])),
      Effect.andThen(respond(request))
    )
  )
  // Putting a mail together takes real time, which the test's clock does not know.
  const until = (event: string, count: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      while ((yield* Ref.get(events)).filter((each) => each === event).length < count) yield* breath
    })
  const mailbox = yield* Graph.mailbox(sender).pipe(Effect.provide(Layer.mergeAll(tokens, client)))
  const mailer = yield* mailbox.mailer
  const other = yield* mailbox.mailer
  const send = mailer.send(Effect.succeed(mail), note("begin"))
  const begins = Effect.map(Ref.get(events), (all) => all.filter((each) => each === "begin").length)
  return { mailer, other, send, begins, login, until, events: Ref.get(events), requests: Ref.get(requests) }
})

export const breath = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

export const reason = <A>(send: Effect.Effect<A, MailerError>) =>
  Effect.map(Effect.flip(send), (error) => plain(error.reason))

/** Answers one after the other, the last for ever. */
export const answers = (first: Respond, ...rest: ReadonlyArray<Respond>): Respond => {
  const left = [first, ...rest]
  return (request) => Effect.suspend(() => (left.length > 1 ? left.shift()! : left[0]!)(request))
}
