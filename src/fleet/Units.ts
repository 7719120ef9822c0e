// What a process knows of its databases, in words that tell nobody anything: hashes. A unit is one mailbox of one
// application, with all databases that send from it: they run together, so that its limit holds across processes. Where
// there may be no outbox a handover would forget rows: such a database every process watches, and they elect one in it.
import { createHash } from "node:crypto"
import type { Database, DatabaseName } from "../Database.ts"

/** The databases of each mailbox that a process knows. */
export type Knowledge = ReadonlyMap<string, ReadonlyArray<string>>

export interface Own {
  readonly knowledge: Knowledge
  /** Of the knowledge: processes with the same settings have the same. */
  readonly digest: string
  /** Which databases a piece of the plan means: a mailbox with all of ours, or one database. */
  readonly named: ReadonlyMap<string, ReadonlyArray<DatabaseName>>
}

/** What stands for one database of a mailbox, where that mailbox cannot run as a whole. */
export const piece = (mailbox: string, database: string): string => `${mailbox}:${database}`

const hash = (...parts: ReadonlyArray<string | number>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24)

export const of = (databases: ReadonlyArray<Database>): Own => {
  const knowledge = new Map<string, ReadonlyArray<string>>()
  const named = new Map<string, ReadonlyArray<DatabaseName>>()
  for (const { address, capture, credential, envelope, name } of databases) {
    if (capture !== "outbox") continue
    // Of Microsoft's limits, one mailbox is one, however its address and the application's id are written.
    const mailbox = hash(credential.clientId.toLowerCase(), envelope.from.toLowerCase())
    // A database that moved is another one: who has the old address cannot run it.
    const database = hash(name, address.host.toLowerCase(), address.port, address.database)
    knowledge.set(mailbox, [...(knowledge.get(mailbox) ?? []), database].toSorted())
    named.set(mailbox, [...(named.get(mailbox) ?? []), name])
    named.set(piece(mailbox, database), [name])
  }
  return { knowledge, digest: hash(encode(knowledge)), named }
}

export const encode = (knowledge: Knowledge): string =>
  JSON.stringify([...knowledge].toSorted(([left], [right]) => (left < right ? -1 : 1)))
