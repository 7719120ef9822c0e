// Does once, while nobody waits, what the first mail of a session waits for. A server plans a statement when a session runs
// it for the first time, some 10 ms for all of these; where a row comes to each of hundreds of databases in the same moment, the
// last would wait for all of that. It claims nothing, touches no notice, and its failure is none: whoever claims will see.
import { Duration, Effect } from "effect"
import * as Connects from "./Connects.ts"
import type { Address } from "./Database.ts"
import * as Lent from "./Lent.ts"
import { nil } from "./NewId.ts"
import { ClaimToken, type Notice, NoticeId } from "./Notice.ts"
import { Outbox } from "./Outbox.ts"

/** Where it takes longer the database has other troubles, and others wait for their turn. */
const patience = Duration.seconds(2)

/** There is none with these. */
const nobody: Notice = {
  ...{ id: NoticeId.make(nil), claim: ClaimToken.make(nil), table: 0, key: "", createdAt: 0, waited: Duration.zero },
  ...{ attempts: 0, looks: 0, crashes: 0, maybeSent: false, putBack: false }
}

/** Ends when it is done. Nothing of it lasts where no session is kept. */
export const run = Effect.fn("Rehearsal.run")(function* (address: Address) {
  if (Lent.lineTo(address) === undefined) return
  const outbox = yield* Outbox
  const all = Effect.all([outbox.claim(0), outbox.settle(nobody, { outcome: "gone" }), outbox.begin(nobody)], {
    discard: true
  })
  yield* Connects.soon(address, Lent.patient(all).pipe(Effect.timeout(patience), Effect.ignore))
})
