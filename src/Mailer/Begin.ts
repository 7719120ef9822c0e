// A mail is put together while its begun mark is being written, where that is not done yet; what is requested has both.
import { type Clock, Effect, Exit, Fiber } from "effect"
import { elapsed, elapsedOf } from "../Elapsed.ts"
import type { Mail } from "../Mailer.ts"
import * as Mime from "./Mime.ts"

/** What is left of a mail that waits for its place: many wait, and whatever they hold is moved about by the collector. */
export interface Composed {
  readonly correlationId: string
  /** As Graph takes it: the message in base64. */
  readonly body: string
}

/** Both, the mail meanwhile; of what was `asked` for long ago, and is begun, one after the other. `told` is when the news came. */
export const compose = <B, C, R>(
  begin: Effect.Effect<void, B, R>,
  mail: Effect.Effect<Mail, C, R>,
  asked: number | undefined,
  clock: Clock.Clock
) => {
  const composed = Effect.flatMap(mail, (mail) =>
    Exit.map(Mime.encoded(mail), (body): Composed => ({ correlationId: mail.correlationId, body }))
  )
  return asked === undefined ? beside(begin, composed) : Effect.flatMap(begin, () => at(elapsedOf(clock), composed))
}

const at = <C, R>(told: number, composed: Effect.Effect<Composed, C, R>) =>
  Effect.map(composed, (composed) => ({ told, composed }))

const beside = Effect.fnUntraced(function* <B, C, R>(
  begin: Effect.Effect<void, B, R>,
  render: Effect.Effect<Composed, C, R>
) {
  const begun = yield* Effect.forkChild(Effect.andThen(begin, elapsed), { startImmediately: true })
  const composed = yield* Effect.exit(render)
  const told = yield* Fiber.join(begun)
  return yield* at(told, composed)
})
