// The port of what an operator may look at and change in one database, by the database's name.
import { Context, type Effect } from "effect"
import type { Outage } from "./State.ts"

export interface Counts {
  /** Where this was read: `memory` where nothing may be installed, and then only what waits is known. */
  readonly source: "outbox" | "memory"
  readonly pausedSince: string | null
  readonly waiting: number
  /** Of those, may have been sent already. */
  readonly uncertain: number
  readonly oldestWaitingSeconds: number | null
  /** By reason. */
  readonly parked: Readonly<Record<string, number>>
  /** In the last 24 hours. */
  readonly sent: number
  readonly gone: number
  readonly lastSentAt: string | null
  /** What was settled last, the newest first. */
  readonly recent: ReadonlyArray<{
    readonly table: string
    readonly key: string
    readonly outcome: string
    readonly at: string
  }>
}

export interface PauseAnswer {
  readonly paused: boolean
  /** False: it was so before. */
  readonly changed: boolean
  readonly since: string | undefined
  /** Who sees it: every replica, within seconds or at its next poll, or this process alone. */
  readonly seen: "seconds" | "poll" | "process" | "nobody"
}

export class Operator extends Context.Service<
  Operator,
  {
    readonly counts: (database: string) => Effect.Effect<Counts, Outage>
    readonly pause: (database: string) => Effect.Effect<PauseAnswer, Outage>
    readonly resume: (database: string) => Effect.Effect<PauseAnswer, Outage>
    /** False if no parked notice has this id. */
    readonly retry: (database: string, id: string) => Effect.Effect<boolean, Outage>
    readonly discard: (database: string, id: string) => Effect.Effect<boolean, Outage>
  }
>()("inquiries-mailer/Operator") {}
