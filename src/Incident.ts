// The words for what somebody should hear of without having asked: what was found, and what is told of it, once when it
// begins, once a day while it lasts, and when it is over. None of it holds a secret or customer data.
import type { DateTime } from "effect"

export type Kind = "unreachable" | "quarantine" | "blocked" | "parked" | "backlog" | "trigger" | "fuse"

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
  fuse: "so many rows were not captured that somebody has to decide whether they are mailed"
}

/** For a person, in a chat or a mail. */
export const describe = ({ database, detail, event, kind, table }: Message): string => {
  const about = table === "" ? database : `${database}, table ${table}`
  switch (event) {
    case "opened":
      return `${about}: ${headlines[kind]}. ${detail}`
    case "reminder":
      return `${about}, still: ${headlines[kind]}. ${detail}`
    case "over":
      return `${about}, over: ${headlines[kind]}.`
  }
}
