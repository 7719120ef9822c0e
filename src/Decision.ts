// What becomes of a notice whose send, or whose search in the mailbox, had no good end: pure functions.
import { Duration } from "effect"
import type { Reconcile } from "./Database.ts"
import type { MailerReason } from "./Mailer.ts"
import type { Notice } from "./Notice.ts"
import type { Postponement, Settlement } from "./Settlement.ts"
import { parkedFor } from "./Settlement.ts"

/** Parked when attempts have been failing for this long: a long weekend with nobody in the office is survived. */
export const patience = Duration.hours(72)

/** 15 s, doubling to 1 h, ±20 %: a blip is over soon, and an outage of hours is not hammered. */
export const backoff = (attempts: number, random: number): Duration.Duration =>
  Duration.millis(Math.min(15_000 * 2 ** attempts, 3_600_000) * (0.8 + 0.4 * random))

/** Before each look into the mailbox: 30 s, 2 min and 5 min after the send, because what was sent appears there late. */
export const lookDelays = [Duration.seconds(30), Duration.seconds(90), Duration.minutes(3)] as const

/** Until a look that failed is made again, and one that needs a right that is not there. */
export const lookAgain = { failed: Duration.minutes(1), refused: Duration.minutes(5) }

/** Crashes in the middle of its send after which a notice is taken for their cause. */
export const crashLimit = 5

const unlessExpired = (notice: Notice, postponement: Postponement & { readonly delay: Duration.Duration }) =>
  Duration.isGreaterThan(Duration.sum(notice.waited, postponement.delay), patience)
    ? {
        outcome: "parked" as const,
        detail: `${parkedFor.expired}${postponement.detail}`,
        ...(postponement.maybeSent ? { maybeSent: true } : {})
      }
    : postponement

/** Of a notice whose send failed. `random` is in [0, 1). */
export const decide = (
  notice: Notice,
  reason: MailerReason,
  random: number,
  reconcile: Reconcile
): Settlement | Postponement => {
  const { detail } = reason
  switch (reason._tag) {
    case "Transient": {
      const delay = reason.retryAfter ?? backoff(notice.attempts, random)
      return unlessExpired(notice, { delay, spent: true, maybeSent: false, detail })
    }
    case "Uncertain":
      return decideUncertain(notice, detail, random, reconcile)
    case "Throttled":
    case "Blocked":
      return { delay: undefined, spent: false, maybeSent: false, detail }
    case "Rejected":
      // One row may be the cause; of what may have been sent before, the Message-ID must stay.
      return notice.digest === true && !notice.maybeSent
        ? { delay: undefined, spent: true, maybeSent: false, split: true, detail }
        : { outcome: "parked", detail }
  }
}

const decideUncertain = (notice: Notice, detail: string, random: number, reconcile: Reconcile) => {
  switch (reconcile) {
    case "resend":
      return unlessExpired(notice, {
        ...{ delay: backoff(notice.attempts, random), spent: true, maybeSent: true },
        detail
      })
    case "mailbox":
      return unlessExpired(notice, { delay: lookDelays[0], spent: true, maybeSent: true, looks: 0, detail })
    case "park":
      return doubtful(detail)
  }
}

/** Set aside for a person, who can look into the mailbox. */
export const doubtful = (detail: string): Settlement => ({
  outcome: "parked",
  detail: `${parkedFor.uncertain}${detail}`,
  maybeSent: true
})

/** Of a notice that a look did not find; undefined if that was the last one. */
export const decideMissing = (notice: Notice): Settlement | Postponement | undefined => {
  const looks = notice.looks + 1
  const delay = lookDelays[looks]
  if (delay === undefined) return undefined
  return unlessExpired(notice, { delay, spent: false, maybeSent: false, looks, detail: "not found in the mailbox yet" })
}

/** Of a notice that could not be looked for: it is not sent before it has been. */
export const decideUnsearched = (notice: Notice, reason: MailerReason): Settlement | Postponement => {
  const { detail } = reason
  switch (reason._tag) {
    case "Throttled":
      return { delay: reason.retryAfter, spent: false, maybeSent: false, detail }
    case "Blocked":
      return { delay: lookAgain.refused, spent: false, maybeSent: false, detail }
    default: {
      const asked = reason._tag === "Transient" ? reason.retryAfter : undefined
      const delay = Duration.max(asked ?? Duration.zero, lookAgain.failed)
      return unlessExpired(notice, { delay, spent: false, maybeSent: false, looks: notice.looks, detail })
    }
  }
}
