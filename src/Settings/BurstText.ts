// A burst as people write it: `20 in 5 minutes`. The first 20 of 5 minutes are mailed singly, the others as digests.
import { Duration, Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { parseDuration } from "./DurationText.ts"
import { text } from "./Words.ts"

const most = 1_000
const within = { minimum: Duration.seconds(1), maximum: Duration.hours(12) }

const parse = (
  written: string
): Result.Result<{ readonly rows: number; readonly within: Duration.Duration }, string> => {
  const [, count, span = ""] = /^(\d{1,6}) in (.+)$/.exec(written.trim()) ?? []
  const duration = parseDuration(span)
  if (count === undefined || duration === undefined) {
    return Result.fail("must be a number of rows, the word in, and seconds, minutes or hours")
  }
  const rows = Number(count)
  if (rows < 1 || rows > most) return Result.fail(`must be between 1 and ${most} rows`)
  return Duration.between(duration, within)
    ? Result.succeed({ rows, within: duration })
    : Result.fail("must be within 1 second to 12 hours")
}

export const BurstText = text(() => undefined).pipe(
  Schema.decodeTo(Schema.Struct({ rows: Schema.Int, within: Schema.Duration }), {
    decode: SchemaGetter.transformEffect((written) =>
      Effect.fromResult(parse(written)).pipe(Effect.mapError((message) => new SchemaIssue.InvalidValue({ message })))
    ),
    encode: SchemaGetter.forbiddenEncoding
  })
)
