// What goes wrong on Microsoft's side, for one mailbox at a time. About a third of the sends whose outcome stays unclear
// were not accepted: whoever takes all of them for sent loses mails, whoever takes none sends them twice.
import { Effect, Random } from "effect"
import type { FaultKind } from "../stage/GraphFaults.ts"
import { type Fault, type Target, until } from "./Fault.ts"
import { settled } from "./workerFaults.ts"

const mailboxesOf = ({ places }: Target) => new Set(places.map(({ mailbox }) => mailbox))

const hits = (target: Target, from: number) =>
  target.arena.standIn.sends.filter(
    ({ at, fault, mailbox }) => fault !== undefined && at >= from && mailboxesOf(target).has(mailbox)
  )

/** A mailbox that is closed for its throttle, or blocked, uses up its faults slowly. */
const patience = "40 seconds"

/** So many requests to send meet this. */
const scripted = (name: string, times: readonly [number, number], kind: () => Effect.Effect<FaultKind>): Fault => ({
  name,
  strike: ({ arena, places }) =>
    Effect.gen(function* () {
      const { faults } = arena.standIn
      for (const { mailbox } of places) {
        faults.push({
          at: "sendMail",
          mailbox,
          times: yield* Random.nextIntBetween(times[0], times[1] + 1),
          kind: yield* kind()
        })
      }
      yield* until(() => faults.pending().length === 0).pipe(Effect.timeoutOption(patience))
      faults.clear()
    }),
  inFlight: false,
  hits,
  healed: (target, from, to) =>
    settled(
      target.arena,
      hits(target, from).flatMap(({ at, clientRequestId }) =>
        clientRequestId === undefined || at > to ? [] : [clientRequestId]
      )
    ),
  noticed: "mail"
})

/** Which answers leave it open whether the mail was accepted, though it was. */
export const unclear: ReadonlyMap<FaultKind, string> = new Map<FaultKind, string>([
  ["accept-then-504", "504, though accepted"],
  ["reset-after-accept", "connection lost after accepting"],
  ["hang-after-accept", "no answer, though accepted"]
])

const retryAfter = Effect.map(Random.nextIntBetween(1, 4), (seconds) => ({ "retry-after": String(seconds) }))

const just = (kind: FaultKind) => () => Effect.succeed(kind)

const nextMail = (target: Target, to: number) =>
  until(
    () =>
      target.arena.standIn.sends.some(
        ({ accepted, at, mailbox }) => accepted && at >= to && mailboxesOf(target).has(mailbox)
      ),
    50
  )

const revoked: Fault = {
  name: "tokens revoked",
  strike: ({ arena }) => Effect.sync(arena.standIn.revokeTokens),
  inFlight: true,
  healed: (target, _, to) => nextMail(target, to),
  noticed: "mail"
}

const wrongSecret: Fault = {
  name: "wrong secret, later put right",
  strike: ({ arena, places }) =>
    Effect.acquireUseRelease(
      Effect.sync(() =>
        places.map((place) => {
          const { clientSecret } = place.credential
          place.credential.clientSecret = "another"
          return () => (place.credential.clientSecret = clientSecret)
        })
      ),
      () =>
        Effect.gen(function* () {
          arena.standIn.revokeTokens()
          yield* Effect.sleep(yield* Random.nextBetween(4_000, 12_000))
        }),
      (repair) => Effect.sync(() => repair.forEach((right) => right()))
    ),
  inFlight: true,
  healed: (target, _, to) => nextMail(target, to),
  noticed: "mail"
}

export const ofGraph: ReadonlyArray<Fault> = [
  scripted("429 with Retry-After", [6, 12], () => Effect.map(retryAfter, (headers) => ({ status: 429, headers }))),
  scripted("503", [3, 8], just({ status: 503 })),
  scripted("504, though accepted", [2, 3], just("accept-then-504")),
  scripted("504, not accepted", [1, 1], just({ status: 504 })),
  scripted("connection lost after accepting", [1, 3], just("reset-after-accept")),
  scripted("connection lost before accepting", [1, 3], just("reset-before-read")),
  scripted("no answer, though accepted", [1, 2], just("hang-after-accept")),
  scripted("no answer, not accepted", [1, 1], just("hang")),
  revoked,
  wrongSecret
]
