// The words of the status page: what the server tells a page that follows it, and what the page shows of one database.
import type { DatabaseStatus } from "../StatusDocument.ts"

export interface Card extends DatabaseStatus {
  /** When the counts were read, of a database that cannot be asked now: they stay. Null while they are up to date. */
  readonly countedAt: string | null
}

/** The first event, `hello`. */
export interface Hello {
  readonly version: string
  readonly startedAt: string
  /** How many databases there are. */
  readonly databases: number
  /** Whether an ADMIN_TOKEN is set, without which nobody changes anything. */
  readonly changeable: boolean
}

/** Each further event, `cards`: those that are new to this page, or changed. */
export type Cards = ReadonlyArray<Card>
