// The words for what somebody should hear of without having asked: what was found, and what is told of it, once when it
// begins, once a day while it lasts, and when it is over. None of it holds a secret or customer data.
import type { DateTime } from "effect"

export type Kind = "unreachable" | "quarantine" | "blocked" | "parked" | "backlog" | "trigger" | "fuse" | "expiry"

export interface Finding {
  readonly kind: Kind
  /** `schema.name`, or empty where it is about the whole database. */
  readonly table: string
  /** What is the matter exactly and what to do, in sentences. */
  readonly detail: string
}

export interface Message extends Finding {
  readonly event: "opened" | "reminder" | "over"
  readonly database: string
  readonly since: DateTime.Utc
}

const headlines: Readonly<Record<Kind, string>> = {
  unreachable: "nothing can be mailed from this database",
  quarantine: "its monitor crashes again and again",
  blocked: "nothing can be sent from its mailbox",
  parked: "notices are parked, and are not mailed unless somebody puts them back",
  backlog: "rows have been waiting to be mailed for a long time",
  trigger: "a table has lost its trigger, so that new rows are mailed late or not at all",
  expiry: "the secret that its mails are sent with ends soon, or has ended",
  fuse: "so many rows were not captured that somebody has to decide whether they are mailed"
}

const turns = { opened: "", reminder: ", still", over: ", over" } as const

/** In one line. */
export const headline = ({ database, event, kind, table }: Message): string =>
  `${table === "" ? database : `${database}, table ${table}`}${turns[event]}: ${headlines[kind]}`

/** For a person, in a chat or a mail. */
export const describe = (message: Message): string =>
  `${headline(message)}.${message.event === "over" ? "" : ` ${message.detail}`}`
