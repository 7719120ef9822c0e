// What may be said of a crash. The message of an arbitrary error can quote whatever was being worked on, a customer's
// row or a secret, so only errors whose messages the language itself words are quoted; the stack says where it was.
import type { Cause } from "effect"
import { Predicate } from "effect"

const quotable = ["TypeError", "ReferenceError", "StatementError"]
/** Stack frames shown: enough to find the place, short enough for a log line. */
const frames = 8

/** One line about what ended a fiber: kind of error, message where it is safe, and the nearest stack frames. */
export const describeCrash = (cause: Cause.Cause<unknown>): string =>
  // Fibers side by side often fail of the same thing.
  [...new Set(cause.reasons.map(describeReason))].join("; ")

const describeReason = (reason: Cause.Reason<unknown>): string => {
  switch (reason._tag) {
    case "Interrupt":
      return "interrupted from within"
    case "Die":
      return describeError(reason.defect)
    case "Fail":
      return describeError(reason.error)
  }
}

const describeError = (error: unknown): string => {
  if (!Predicate.isError(error)) return `a thrown ${typeof error}`
  const message = quotable.includes(error.name) ? `: ${error.message}` : ""
  const code = Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? ` (${error.code})` : ""
  // The message stands in the stack, too, and could look like a frame.
  return `${error.name}${code}${message}${where((error.stack ?? "").replace(error.message, ""))}`
}

/** The nearest frames of a stack. */
const where = (stack: string): string => {
  const places = stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, frames)
    .map((line) => line.trim())
  return places.length === 0 ? "" : ` ${places.join(" ")}`
}
