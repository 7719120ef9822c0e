// The word for what is to be mailed: one claimed outbox row. Its identity is its own uuid, never the customer's key,
// which is used again after DELETE, TRUNCATE and restores.
import type { Duration } from "effect"
import { Schema } from "effect"
import type { Row } from "./Row.ts"

export const NoticeId = Schema.String.pipe(Schema.brand("NoticeId"))
export type NoticeId = typeof NoticeId.Type

/** Changes with every claim: whoever holds the current one may begin and settle. */
export const ClaimToken = Schema.String.pipe(Schema.brand("ClaimToken"))
export type ClaimToken = typeof ClaimToken.Type

export interface Notice {
  readonly id: NoticeId
  readonly claim: ClaimToken
  /** The registered number of the table, see `Outbox`. */
  readonly table: number
  readonly key: string
  /** Attempts that are over; the next one is `attempts + 1`. */
  readonly attempts: number
  /** Time waited after failed attempts, without time blocked, throttled or with the database away. */
  readonly waited: Duration.Duration
  /** An earlier send has no known outcome: the mail may be in the recipient's mailbox already. */
  readonly maybeSent: boolean
  /** Searches of the mailbox since then that found nothing. */
  readonly looks: number
  /** Sends that were begun and had no outcome before the claim ended: whoever held it crashed. */
  readonly crashes: number
  /** When its row was inserted, in epoch milliseconds by this machine's clock. */
  readonly createdAt: number
  /** A person put it back after it was parked: the doubt that it was parked for does not park it again. */
  readonly putBack: boolean
  /** It stands for several rows, which are mailed together and settled with it; its key is empty. */
  readonly digest?: boolean
  /** Its claim has marked it as begun. */
  readonly begun?: Begun | undefined
  /** Its claim has read it. */
  readonly row?: Row | undefined
}

export interface Begun {
  /** When that was asked for, see `elapsed`: the mark is no older. */
  readonly asked: number
  /** Somebody was told to begin it: its request may have been written. */
  taken: boolean
}

/** A notice that a digest tells of. */
export interface Member {
  readonly id: NoticeId
  readonly key: string
}

export interface Claimed {
  readonly notices: ReadonlyArray<Notice>
  /** Older notices that were settled because a newer row took their key. */
  readonly superseded: ReadonlyArray<Pick<Notice, "id" | "table" | "key">>
  /**
   * Until the earliest due time or lease end of any other unsettled notice, or sooner where not all of them were looked at;
   * undefined if there is none.
   */
  readonly untilDue: Duration.Duration | undefined
  /** Since when the database is paused, if it is: then nothing is claimed, whatever is due. */
  readonly pausedSince?: string | undefined
}

/**
 * The Message-ID of every attempt for a notice, and of no other notice. Its right side is the sender's domain, because
 * receiving servers distrust one that is not a domain (RFC 5322, 3.6.4).
 */
export const messageId = (id: NoticeId, from: string): string => `<${id}@${from.slice(from.lastIndexOf("@") + 1)}>`
