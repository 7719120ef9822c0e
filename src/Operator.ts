// The port of what an operator may look at and change in one database, by the database's name.
import { Context, type DateTime, type Effect } from "effect"
import type { Outage } from "./State.ts"

export interface Counts {
  readonly waiting: number
  readonly parked: number
  readonly gone: number
  readonly lastMail: DateTime.Utc | undefined
}

export interface PauseAnswer {
  /** Whom it reaches, and when, as a sentence. */
  readonly reach: string
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
