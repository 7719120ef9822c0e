// PostgreSQL's times for people: `24 Nov 2026, 14:03 (America/Toronto)`. Never throws: what is no plain time
// (`infinity`, years BC or beyond 9999) is shown as it is, and a zone that nobody knows as UTC.
import { DateTime, Option } from "effect"
import { shorten } from "./cut.ts"
import { memoized } from "./label.ts"
import { cleanLine } from "./sanitize.ts"

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

const datePattern = /^(\d{4})-(\d\d)-(\d\d)$/
const localPattern = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::\d\d(?:\.\d{1,6})?)?$/
const instantPattern = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?(?:\.\d{1,6})?([+-]\d\d)(?::?(\d\d))?$/

const named = memoized((zone) => {
  const name = shorten(cleanLine(zone), 40)
  return name === "" ? "" : ` (${name})`
})

export const date = (value: string): string => {
  const [, year, month, day] = datePattern.exec(value) ?? []
  const name = months[Number(month) - 1]
  return name === undefined ? value : `${Number(day)} ${name} ${year}`
}

/** Without zone: the clock on the wall of the configured zone, so nothing is converted and no hour is ambiguous. */
export const timestamp = (value: string, zone: string): string => {
  const [, day = "", time] = localPattern.exec(value) ?? []
  const shown = date(day)
  return shown === day ? value : `${shown}, ${time}${named(zone)}`
}

/** Rows of a burst come in the same second, and a calendar takes two thirds as long as all else in a letter. */
let last: { readonly second: string; readonly zone: string; readonly shown: string | undefined } = {
  second: "",
  zone: "",
  shown: undefined
}

export const timestamptz = (value: string, zone: string): string => {
  const [, day, time, seconds = ":00", hours, minutes = "00"] = instantPattern.exec(value) ?? []
  if (day === undefined) return value
  const second = `${day}T${time}${seconds}${hours}:${minutes}`
  if (last.second !== second || last.zone !== zone) last = { second, zone, shown: inZone(second, zone) }
  return last.shown ?? value
}

const inZone = (second: string, zone: string): string | undefined => {
  const instant = Option.getOrUndefined(DateTime.make(second))
  if (instant === undefined) return undefined
  const zoned = Option.getOrUndefined(DateTime.setZoneNamed(instant, zone))
  const parts = DateTime.toParts(zoned ?? instant)
  const month = months[parts.month - 1]
  if (month === undefined || parts.year < 1 || parts.year > 9999) return undefined
  const two = (part: number) => `${part}`.padStart(2, "0")
  return `${parts.day} ${month} ${`${parts.year}`.padStart(4, "0")}, ${two(parts.hour)}:${two(parts.minute)}${named(zoned === undefined ? "UTC" : zone)}`
}
