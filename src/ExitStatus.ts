// How a command ends when it has already said why: with a number from sysexits.h, which service managers understand.
import { Data } from "effect"

export const exitCodes = {
  /** What Docker calls so. */
  unhealthy: 1,
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
