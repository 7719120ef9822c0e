// How a command ends when it has already said why: with a number from sysexits.h, which service managers understand,
// or in the case of `check` with its verdict.
import { Data, Effect } from "effect"

export const exitCodes = {
  /** Nothing answers, or what answers is not well: what Docker calls unhealthy. `check`: something keeps mails from going out. */
  broken: 1,
  /** `check` has found what somebody should know. */
  warnings: 2,
  /** A bug. */
  software: 70,
  /** Something outside is away; the same call may succeed later. */
  unavailable: 75,
  /** The settings are wrong; the same call will fail again. */
  settings: 78
} as const

export class ExitStatus extends Data.TaggedError("ExitStatus")<{
  readonly code: (typeof exitCodes)[keyof typeof exitCodes]
}> {}

/** Of a command that did the same in several databases: the worst of their ends, if any was bad. */
export const endWith = (codes: ReadonlyArray<number | undefined>): Effect.Effect<void, ExitStatus> => {
  const worst = [exitCodes.unavailable, exitCodes.settings].find((code) => codes.includes(code))
  return worst === undefined ? Effect.void : Effect.fail(new ExitStatus({ code: worst }))
}
