// A span of time as people write it: `90 seconds`, `15 minutes`, `1 hour`, `30 days`.
import { Duration, Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { text } from "./Words.ts"

const shape = /^(\d{1,6}(?:\.\d{1,3})?) (second|minute|hour|day)s?$/
const units = { second: Duration.seconds, minute: Duration.minutes, hour: Duration.hours, day: Duration.days }

export const parseDuration = (written: string): Duration.Duration | undefined => {
  const [, amount, unit] = shape.exec(written.trim()) ?? []
  return units[unit as keyof typeof units]?.(Number(amount))
}

/** A span between these two, both included. */
export const DurationText = (least: Duration.Input, most: Duration.Input) => {
  const [from, to] = [Duration.fromInputUnsafe(least), Duration.fromInputUnsafe(most)]
  const decoded = (written: string): Result.Result<Duration.Duration, string> => {
    const duration = parseDuration(written)
    if (duration === undefined) return Result.fail("must be a number and seconds, minutes, hours or days")
    return Duration.between(duration, { minimum: from, maximum: to })
      ? Result.succeed(duration)
      : Result.fail(`must be between ${String(least)} and ${String(most)}`)
  }
  return text(() => undefined).pipe(
    Schema.decodeTo(Schema.Duration, {
      decode: SchemaGetter.transformEffect((written) =>
        Effect.fromResult(decoded(written)).pipe(
          Effect.mapError((message) => new SchemaIssue.InvalidValue({ message }))
        )
      ),
      encode: SchemaGetter.forbiddenEncoding
    })
  )
}
