// What comes before another send of a mail that may have been sent: nothing, a look into the mailbox, or a person's. Spends
// no attempt and marks nothing as begun; a mail is sent again only where this says so.
import { Effect, Result } from "effect"
import type { Database } from "./Database.ts"
import { crashLimit, decideMissing, decideUnsearched, doubtful } from "./Decision.ts"
import { explain, Mailer } from "./Mailer.ts"
import type { Notice } from "./Notice.ts"
import { messageId } from "./Notice.ts"
import type { Postponement, Settlement } from "./Settlement.ts"
import { parkedFor } from "./Settlement.ts"
import * as Trace from "./Trace.ts"

export interface Instead {
  readonly decision: Settlement | Postponement
  /** For the log. */
  readonly detail: string
}

const because = (decision: Settlement | Postponement): Instead => ({
  decision,
  detail: "detail" in decision ? decision.detail : "found in the mailbox, not sent again"
})

/** What becomes of a notice without sending it; undefined if it is to be sent. */
export const insteadOfSending = Effect.fnUntraced(function* (
  notice: Notice,
  { envelope, reconcile }: Database
): Effect.fn.Return<Instead | undefined, never, Mailer> {
  if (notice.crashes >= crashLimit) {
    const detail = `${parkedFor.crashes}the worker ended ${notice.crashes} times while it was sending this mail`
    return because({ outcome: "parked", detail })
  }
  if (!notice.maybeSent || reconcile === "resend") return undefined
  if (reconcile === "park") {
    if (notice.putBack) return undefined
    return because(doubtful("the worker ended, or got no answer, while it was sending this mail"))
  }
  const mailer = yield* Mailer
  const found = yield* Effect.result(Trace.span.look(mailer.find(messageId(notice.id, envelope.from))))
  if (Result.isFailure(found)) {
    const { reason } = found.failure
    if (reason._tag === "Blocked") yield* Effect.logError(`not looked for in the mailbox: ${explain(reason)}`)
    return because(decideUnsearched(notice, reason))
  }
  if (found.success) return because({ outcome: "sent" })
  const missing = decideMissing(notice)
  return missing === undefined ? undefined : because(missing)
})
