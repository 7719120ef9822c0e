// The words for how a notice ends or goes on: settled with its outcome, postponed, or found to be somebody else's.
import type { Duration } from "effect"
import { Data } from "effect"

/** Somebody else holds the notice by now, or a newer row took its key: it is not ours to send. */
export class NotBegun extends Data.TaggedError("NotBegun") {}

export type Settlement =
  /** `told`: those of a digest's members whose rows are in its mail; all of them where that is not known. */
  | { readonly outcome: "sent"; readonly told?: ReadonlyArray<string> | undefined }
  /** The row was deleted before it could be mailed. */
  | { readonly outcome: "gone" }
  /** Set aside after a permanent failure, visible and re-queueable. */
  | { readonly outcome: "parked"; readonly detail: string; readonly maybeSent?: boolean }

/** Why notices are parked: a code to choose by, and how the detail of such a notice begins. Any other was `rejected`. */
export const parkedFor = {
  /** The mail may have been accepted, and the database wants a person to look. */
  uncertain: "uncertain, may have been sent: ",
  expired: "given up after 72 hours of attempts: ",
  crashes: "crashes: ",
  unfit: "the template cannot show this row: ",
  copied: "copied from another database"
} as const

export interface Postponement {
  /** Undefined: it keeps its place, and is due as soon as its mailbox can be used. */
  readonly delay: Duration.Duration | undefined
  /** Whether an attempt was spent; then `delay` counts towards the time after which a notice is parked. */
  readonly spent: boolean
  readonly maybeSent: boolean
  /** If it is looked for in the mailbox next: the looks that found nothing so far. `delay` counts then, too. */
  readonly looks?: number
  /** A digest that was surely not sent and never will be as it is: its rows go on in two of half the size. */
  readonly split?: boolean
  readonly detail: string
}
