// From decoded entries to the domain's databases: defaults filled in, names made unique, credentials shared.
import { Duration, Redacted } from "effect"
import type { Cloud, Credential, Proof } from "../Credential.ts"
import { type Address, type Database, DatabaseName, type Table } from "../Database.ts"
import { addressOf } from "./AddressFields.ts"
import type { Entry } from "./Document.ts"

const addressIn = ({ address, tls, url }: Entry): Address | undefined => {
  const parts = url ?? address
  return parts && addressOf(parts, url?.mode ?? tls?.mode, url?.ca ?? tls?.ca)
}

const proofOf = (mail: Entry["mail"]): Proof | undefined =>
  mail.clientSecret !== undefined
    ? { _tag: "Secret", secret: mail.clientSecret, expires: mail.clientSecretExpires }
    : mail.clientCertificate !== undefined
      ? { _tag: "Certificate", pem: mail.clientCertificate }
      : undefined

const tableOf = (table: Entry["tables"][number]): Table => ({
  name: table.table,
  channel: table.channel ?? "inquiries_mailer",
  template: table.template ?? "record",
  replyTo: table.replyTo ?? "email",
  createdAt: table.createdAt ?? "created_at",
  ...(table.burst === undefined ? {} : { burst: table.burst })
})

/** A name that somebody chose is never given to another database as its default. */
const namer = (entries: ReadonlyArray<Entry>) => {
  const taken = new Set(entries.map((entry) => entry.name))
  return (chosen: string | undefined, fallback: string): string => {
    if (chosen !== undefined) return chosen
    let name = fallback
    for (let count = 2; taken.has(name); count++) name = `${fallback}-${count}`
    taken.add(name)
    return name
  }
}

/** One object for all that is equal, so that one token serves every database of an application. */
const sharer = () => {
  const seen = new Map<string, Credential>()
  return (credential: Credential): Credential => {
    const { proof } = credential
    const secret = Redacted.value(proof._tag === "Secret" ? proof.secret : proof.pem)
    const ids = [credential.tenantId.toLowerCase(), credential.clientId.toLowerCase()]
    const key = JSON.stringify([...ids, proof._tag, secret, proof._tag === "Secret" ? proof.expires : ""])
    const shared = seen.get(key) ?? credential
    seen.set(key, shared)
    return shared
  }
}

/** Rules.ts has made sure that every entry has an address and a proof. */
export const build = (entries: ReadonlyArray<Entry>, cloud: Cloud): ReadonlyArray<Database> => {
  const nameFor = namer(entries)
  const share = sharer()
  return entries.flatMap((entry) => {
    const { mail } = entry
    const address = addressIn(entry)
    const proof = proofOf(mail)
    if (address === undefined || proof === undefined) return []
    return [
      {
        name: DatabaseName.make(nameFor(entry.name, address.database)),
        address,
        timeZone: entry.timeZone ?? "UTC",
        tables: entry.tables.map(tableOf),
        credential: share({ cloud, tenantId: mail.tenantId, clientId: mail.clientId, proof }),
        envelope: { from: mail.from, to: mail.to, cc: mail.cc ?? [] },
        reconcile: entry.reconcile ?? "resend",
        capture: entry.capture ?? "outbox",
        wake: entry.wake ?? "listen",
        pollEvery: entry.pollEvery ?? (entry.wake === "poll" ? Duration.minutes(5) : Duration.minutes(1)),
        retention: entry.retention ?? Duration.days(30)
      }
    ]
  })
}
