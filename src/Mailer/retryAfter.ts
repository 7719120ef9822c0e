// The header Retry-After, in seconds or as a date, as a bounded pause: never more than a day, whatever a server says.
import { DateTime, Duration, Option } from "effect"

const longest = Duration.days(1)

export const retryAfter = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const value = header?.trim() ?? ""
  if (/^\d+(\.\d+)?$/.test(value)) return Duration.min(Duration.seconds(Number(value)), longest)
  // A bare number would be taken for a year.
  if (!/^[A-Za-z]/.test(value)) return undefined
  return DateTime.make(value).pipe(
    Option.map((at) => Duration.min(Duration.millis(Math.max(0, at.epochMilliseconds - now)), longest)),
    Option.getOrUndefined
  )
}
