// The stand-in's record of every request to send, refused ones too: what came, from whom, and what became of it. From it
// a judge tells which mails the worker could not know the fate of.
import type { Ask } from "./GraphAnswer.ts"
import type { FaultKind } from "./GraphFaults.ts"

/** Live: its end comes later. */
export interface Send {
  /** The origin at which it came in. */
  readonly door: string
  readonly mailbox: string
  readonly clientRequestId: string | undefined
  readonly at: number
  /** The fault that hit it. */
  readonly fault: FaultKind | undefined
  readonly accepted: boolean
  /** When the answer was out or the connection over; undefined while it is in flight. */
  readonly until: number | undefined
}

/** For the server. */
export type Recorded = { -readonly [Key in keyof Send]: Send[Key] }

export const recorded = ({ clientRequestId, now: at, origin: door }: Ask, mailbox = ""): Recorded => ({
  ...{ door, mailbox, clientRequestId, at },
  ...{ fault: undefined, accepted: false, until: undefined }
})
