// Whoever is told of incidents: an address that takes posts, people by mail, both or nobody, as the settings say.
import { Effect, Layer, type Redacted } from "effect"
import { type Teller, together } from "./Alert.ts"
import * as Mail from "./Alert/Mail.ts"
import type { Shape } from "./Alert/shapes.ts"
import * as Webhook from "./Alert/Webhook.ts"
import * as Connections from "./Mailer/Connections.ts"
import type { Way } from "./Ways.ts"

export interface Options {
  /** Hears of what somebody must know. */
  readonly webhook: Redacted.Redacted | undefined
  /** Undefined: as fits its host. */
  readonly webhookFormat: Shape | undefined
  /** Who hears of it by mail; nobody if empty. */
  readonly alertEmail: ReadonlyArray<string>
}

/** Undefined: nobody wants to hear. */
export const teller = Effect.fnUntraced(function* (
  { alertEmail = [], webhook, webhookFormat }: Partial<Options>,
  ways: ReadonlyArray<Way>
) {
  const tellers: Array<Teller> = []
  if (webhook !== undefined) {
    // On connections of its own, so that it takes none from mails.
    const own = yield* Layer.build(Connections.layer())
    tellers.push(yield* Effect.provideContext(Webhook.make(webhook, webhookFormat), own))
  }
  if (alertEmail.length > 0) tellers.push(yield* Mail.make({ to: alertEmail, ways }))
  return tellers.length === 0 ? undefined : yield* together(tellers)
})
