// What is said of a card, as pure functions of it: the one big word, how urgent it is, times and numbers.
/** @import { Card } from "../Card.ts" */

/**
 * `down` mails nothing, `late` mails late or in part, `parked` has notices for a person to look at, `held` is paused by
 * one, `sound` needs nobody.
 * @typedef {"down" | "late" | "parked" | "held" | "sound"} Tone
 * @typedef {{ readonly tone: Tone, readonly word: string, readonly gloss: string }} Verdict
 */

/** @type {ReadonlyArray<Tone>} */
export const tones = ["down", "late", "parked", "held", "sound"]

/** @type {Readonly<Record<Card["state"], readonly [word: string, gloss: string]>>} */
const states = {
  quarantined: ["Quarantined", "It crashes again and again, and is tried seldom."],
  blocked: ["Blocked", "It needs the repair that is named here."],
  waiting: ["Waiting", "It cannot be reached, and heals by itself."],
  connecting: ["Connecting", ""],
  paused: ["Paused", "Rows are kept, and mailed when somebody resumes it."],
  polling: ["Polling", ""],
  listening: ["Listening", ""],
  elsewhere: ["Elsewhere", "Another worker of the cluster runs it."],
  unknown: ["Unknown", ""]
}

/** @param {Card} card @returns {Verdict} */
export const verdict = (card) => {
  const { condition, mailbox, nextAttempt, state } = card
  const [word, gloss] = states[state]
  if (mailbox?.standing === "blocked" && condition === "down" && !["waiting", "quarantined"].includes(state)) {
    return { tone: "down", word: "Mailbox blocked", gloss: "Microsoft accepts no mail until this is repaired." }
  }
  if (condition === "down") return { tone: "down", word, gloss }
  if (state === "paused") return { tone: "held", word, gloss }
  if (state === "blocked" && nextAttempt === null) return { tone: "late", word: "Partly blocked", gloss }
  if (mailbox?.standing === "throttled") {
    return { tone: "late", word: "Throttled", gloss: "It heals by itself." }
  }
  if (condition === "degraded") return { tone: "late", word, gloss: "It mails late or in part." }
  const aside = parked(card)
  if (aside === 0) return { tone: "sound", word, gloss }
  return { tone: "parked", word: `${many(aside)} parked`, gloss: `${word}. What is parked waits for somebody to look.` }
}

/** @param {Card} card */
export const reasons = ({ mailbox, reason, state }) =>
  [state === "polling" || state === "paused" ? null : reason, mailbox?.reason ?? null]
    .filter((each) => each !== null)
    .map((each) => (/[.!?]$/.test(each) ? each : `${each}.`))
    .map((each) => each.charAt(0).toUpperCase() + each.slice(1))
    .join(" ")

/** @param {Card} card */
export const isPaused = ({ counts, state }) => state === "paused" || (counts !== null && counts.pausedSince !== null)

/** @param {Card} card */
export const parked = ({ counts }) => Object.values(counts?.parked ?? {}).reduce((all, each) => all + each, 0)

const limit = 10_000
const grouped = new Intl.NumberFormat("en")

/** Counting ends at 10,000. @param {number} number */
export const many = (number) => `${grouped.format(Math.min(number, limit))}${number >= limit ? "+" : ""}`

/** Beyond any limit. @param {number} number */
export const total = (number) => grouped.format(number)

/** @param {number} seconds */
export const span = (seconds) => {
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`
}

const day = new Intl.DateTimeFormat("en", { month: "short", day: "numeric" })
const minute = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
const second = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
})

/**
 * As the reader's clock shows it; the day only if it is not today.
 * @param {string | number} time
 * @param {"minute" | "second"} to
 */
export const clock = (time, to = "minute") => {
  const date = new Date(time)
  const text = (to === "second" ? second : minute).format(date)
  return date.toDateString() === new Date().toDateString() ? text : `${day.format(date)}, ${text}`
}

/** @type {Readonly<Record<string, string>>} */
const parkedFor = {
  uncertain: "May have been sent already",
  expired: "Given up after 72 hours",
  crashes: "Its handling crashed",
  unfit: "The template cannot show this row",
  copied: "Copied from another database",
  rejected: "Refused"
}

/** @param {string} reason */
export const parkedBecause = (reason) => parkedFor[reason] ?? reason
