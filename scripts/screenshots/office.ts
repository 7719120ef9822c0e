// An invented office for the pictures of the status page: databases that fare well, one each that is away, blocked and
// paused, and a parked notice.
import { DateTime, Duration, Effect } from "effect"
import { Throttled } from "../../src/Mailer.ts"
import type { NoticeId } from "../../src/Notice.ts"
import { fleet, nothing } from "../../test/support/fleet.ts"

const names = ["autos", "boats", "careers", "freight", "garage", "newsletter", "quotes", "rentals", "website"]

export const office = Effect.gen(function* () {
  const now = yield* DateTime.now
  const ago = (minutes: number) => DateTime.subtract(now, { minutes })
  const iso = (minutes: number) => DateTime.formatIso(ago(minutes))
  const { become, of, serve, url } = yield* fleet(names)
  for (const [n, name] of names.entries()) {
    yield* become(name, { _tag: "listening" }, ago(310 + 47 * n))
    const recent = [3, 9, 31].map((minutes, k) => ({
      ...{ table: "public.inquiries", key: String(400 + 17 * n - k), outcome: "sent", at: iso(minutes + n) }
    }))
    const sent = 6 + ((n * 37) % 90)
    of(name).counts = { ...nothing, sent, lastSentAt: iso(3 + ((n * 13) % 50)), recent }
  }
  const notice = {
    ...{ id: "00000000-0000-4000-8000-000000000001" as NoticeId, table: "public.contact_submissions", key: "512" },
    ...{ reason: "rejected" as const, detail: "400 ErrorInvalidRecipients: At least one recipient is not valid." },
    ...{ parkedAt: iso(18), attempts: 1, maybeSent: false }
  }
  Object.assign(of("website"), { parked: [notice] })
  of("website").counts = { ...of("website").counts, parked: { rejected: 1 } }

  const later = (seconds: number) => DateTime.add(now, { seconds })
  const waiting = { waiting: 3, oldestWaitingSeconds: 720 }
  of("freight").counts = { ...of("freight").counts, ...waiting }
  const reason = "nothing accepts connections at the server's address"
  const refused =
    "the server refuses the password of the user mailer. Correct PGPASSWORD, or the role's password in the database"
  // Not before their counts were read.
  const fail = Effect.gen(function* () {
    yield* become("freight", { _tag: "waiting", reason, nextAttempt: later(24) }, ago(12))
    yield* become("quotes", { _tag: "blocked", reason: refused, nextAttempt: later(140) }, ago(41))
  })
  yield* become("newsletter", { _tag: "paused", reason: "an operator paused it" }, ago(95))
  of("newsletter").counts = {
    ...of("newsletter").counts,
    waiting: 14,
    oldestWaitingSeconds: 5_400,
    pausedSince: iso(95)
  }
  const throttled = new Throttled({ detail: "Microsoft Graph answers 429", retryAfter: Duration.seconds(30) })
  of("rentals").standing = { _tag: "Closed", wait: Duration.seconds(30), reason: throttled }
  yield* serve
  return { fail, url }
})
