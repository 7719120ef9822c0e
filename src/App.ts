// The only place where layers meet. What databases share is built once, for as long as the program runs: a token cache
// a credential, a mailer a mailbox. What belongs to one database is built inside its child, new at each start.
import { Context, Effect, Layer, Redacted } from "effect"
import * as Connection from "./Connection.ts"
import type { Credential } from "./Credential.ts"
import type { Database } from "./Database.ts"
import type { Mailer } from "./Mailer.ts"
import * as Connections from "./Mailer/Connections.ts"
import * as Graph from "./Mailer/Graph.ts"
import * as Msal from "./Mailer/Msal.ts"
import { TokenCache } from "./Mailer/TokenCache.ts"
import * as Monitor from "./Monitor.ts"
import type { Child } from "./Supervisor.ts"
import { Supervisor } from "./Supervisor.ts"

/** Watches these databases for ever. */
export const layer = (databases: ReadonlyArray<Database>): Layer.Layer<Supervisor> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const mailerOf = yield* mailers
      const children: Array<Child> = []
      for (const database of databases) {
        const mailer = yield* mailerOf(database)
        children.push({
          name: database.name,
          run: (self) =>
            Monitor.run(database, self).pipe(
              Effect.provideContext(mailer),
              Effect.provide(Connection.layer(database.address))
            )
        })
      }
      return Supervisor.layer(children)
    })
  )

/** The mailer of a database: one a (credential, mailbox). Equal credentials share one token. */
const mailers = Effect.gen(function* () {
  const http = yield* Layer.build(Connections.layer())
  const tokens = new Map<string, Context.Context<TokenCache>>()
  const built = new Map<string, Context.Context<Mailer>>()

  const tokenOf = Effect.fnUntraced(function* (credential: Credential) {
    const key = credentialKey(credential)
    const known = tokens.get(key)
    if (known !== undefined) return known
    const token = yield* Layer.build(TokenCache.layer(Msal.acquire(credential).pipe(Effect.provideContext(http))))
    tokens.set(key, token)
    return token
  })

  return Effect.fnUntraced(function* ({ credential, envelope: { from } }: Database) {
    // Exchange knows one mailbox, however its address is written.
    const key = `${credentialKey(credential)} ${from.toLowerCase()}`
    const known = built.get(key)
    if (known !== undefined) return known
    const mailer = yield* Layer.build(Graph.layer({ cloud: credential.cloud, from })).pipe(
      Effect.provideContext(Context.merge(http, yield* tokenOf(credential)))
    )
    built.set(key, mailer)
    return mailer
  })
})

/** Held in memory only: it tells two secrets of one application apart, while the new one is being rolled out. */
const credentialKey = ({ clientId, cloud, proof, tenantId }: Credential): string =>
  [cloud.graph, tenantId, clientId, Redacted.value(proof._tag === "Secret" ? proof.secret : proof.pem)].join(" ")
