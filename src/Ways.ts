// The ways by which mails to the operator can go out: the mailboxes of the configured databases, each once. What one cannot
// send now goes by the next, so that a credential in trouble does not keep silent about itself.
import { Array as Arr, Effect } from "effect"
import type { Credential } from "./Credential.ts"
import type { Database } from "./Database.ts"
import { explain, type Mail, type Mailer, MailerError } from "./Mailer.ts"

export interface Way {
  /** Equal where the credential is the same; tells nothing of it. */
  readonly credential: number
  readonly from: string
  /** Names of the databases that send by it. */
  readonly databases: ReadonlyArray<string>
  readonly mailer: Mailer["Service"]
}

export type Sent =
  | { readonly _tag: "Accepted" }
  /** It may have been: only the same Message-ID may go out again. */
  | { readonly _tag: "Uncertain"; readonly why: string }
  | { readonly _tag: "Unsent"; readonly why: string }

interface Post<E, R> {
  readonly credentialKey: (credential: Credential) => string
  readonly mailboxKey: (database: Database) => string
  readonly mailerOf: (database: Database) => Effect.Effect<Mailer["Service"], E, R>
}

/** In the order of the databases. */
export const make = Effect.fnUntraced(function* <E, R>(
  databases: ReadonlyArray<Database>,
  { credentialKey, mailboxKey, mailerOf }: Post<E, R>
) {
  const keys = [...new Set(databases.map(({ credential }) => credentialKey(credential)))]
  return yield* Effect.forEach(Object.values(Arr.groupBy(databases, mailboxKey)), (sharing) =>
    Effect.map(mailerOf(sharing[0]), (mailer): Way => ({
      credential: keys.indexOf(credentialKey(sharing[0].credential)),
      from: sharing[0].envelope.from,
      databases: sharing.map(({ name }) => name),
      mailer
    }))
  )
})

/** Those of other credentials than this database's first: its own may be what is in trouble. */
export const preferred = (ways: ReadonlyArray<Way>, database: string): ReadonlyArray<Way> => {
  const own = ways.find(({ databases }) => databases.includes(database))?.credential
  return [
    ...ways.filter(({ credential }) => credential !== own),
    ...ways.filter(({ credential }) => credential === own)
  ]
}

/** Whether it is in one of the mailboxes. Where nobody may look, it is not known to be. */
export const found = Effect.fn("Ways.found")(function* (ways: ReadonlyArray<Way>, write: (from: string) => Mail) {
  for (const { from, mailer } of ways) {
    if (yield* Effect.orElseSucceed(mailer.find(write(from).messageId), () => false)) return true
  }
  return false
})

/** Tries one after the other. `begin` runs before each request, and nothing is sent if it fails. */
export const send = Effect.fn("Ways.send")(function* <E = never>(
  ways: ReadonlyArray<Way>,
  write: (from: string) => Mail,
  begin: Effect.Effect<void, E> = Effect.void
): Effect.fn.Return<Sent, E> {
  const refusals: Array<string> = []
  for (const { from, mailer } of ways) {
    const standing = yield* mailer.standing
    // A probe is one of the mails that wait for it.
    if (standing._tag !== "Open") {
      refusals.push(`${from}: ${explain(standing.reason)}`)
      continue
    }
    const sent = yield* mailer.send(Effect.succeed(write(from)), begin).pipe(
      Effect.as(undefined),
      Effect.catchIf(
        (error) => error instanceof MailerError,
        ({ reason }) => Effect.succeed(reason)
      )
    )
    if (sent === undefined) return { _tag: "Accepted" }
    if (sent._tag === "Uncertain") return { _tag: "Uncertain", why: `${from}: ${explain(sent)}` }
    refusals.push(`${from}: ${explain(sent)}`)
  }
  return { _tag: "Unsent", why: refusals.join(" ") || "no mailbox is configured." }
})
