// Which day a receipt is about, in the zone of whoever reads it: a day there has 23, 24 or 25 hours. Pure.
import { DateTime } from "effect"

export interface Day {
  /** As YYYY-MM-DD. */
  readonly name: string
  /** In epoch milliseconds; `to` is no part of it. */
  readonly from: number
  readonly to: number
}

export interface Times {
  readonly hour: number
  readonly minute: number
  /** IANA. */
  readonly timeZone: string
}

/** The calendar's day in that zone, so many days from now. */
const dateAt = (now: DateTime.Utc, timeZone: string, days: number) => {
  const { day, month, year } = DateTime.toParts(DateTime.setZoneNamedUnsafe(now, timeZone))
  return DateTime.add(DateTime.makeUnsafe({ year, month, day }), { days })
}

/** Where the clock shows that time twice, the first of them; where it skips it, what it shows instead. */
const instant = (date: DateTime.Utc, hour: number, minute: number, timeZone: string): number => {
  const { day, month, year } = DateTime.toParts(date)
  const written = { year, month, day, hour, minute, second: 0, millisecond: 0 }
  return DateTime.toEpochMillis(
    DateTime.makeZonedUnsafe(written, { timeZone, adjustForTimeZone: true, disambiguation: "compatible" })
  )
}

/** `days` before the one that it is now; 1 is yesterday. */
export const before = (now: DateTime.Utc, timeZone: string, days: number): Day => ({
  name: DateTime.formatIsoDateUtc(dateAt(now, timeZone, -days)),
  from: instant(dateAt(now, timeZone, -days), 0, 0, timeZone),
  to: instant(dateAt(now, timeZone, 1 - days), 0, 0, timeZone)
})

/** When today's receipt is due, in epoch milliseconds. */
export const dueAt = (now: DateTime.Utc, { hour, minute, timeZone }: Times): number =>
  instant(dateAt(now, timeZone, 0), hour, minute, timeZone)

/** Yesterday, once it is time today; until then nothing is due, also not what was missed yesterday. */
export const due = (now: DateTime.Utc, times: Times): Day | undefined =>
  DateTime.toEpochMillis(now) >= dueAt(now, times) ? before(now, times.timeZone, 1) : undefined
