// A mail is put together while its begun mark is being written, where that is not done yet; what is requested has both.
import { Effect, Fiber } from "effect"
import { elapsed } from "../Elapsed.ts"
import type { Mail } from "../Mailer.ts"
import * as Mime from "./Mime.ts"

/** What is left of a mail that waits for its place: many wait, and whatever they hold is moved about by the collector. */
export interface Composed {
  readonly correlationId: string
  /** As Graph takes it: the message in base64. */
  readonly body: string
}

export const render = <C, R>(compose: Effect.Effect<Mail, C, R>) =>
  Effect.flatMap(compose, (mail) =>
    Effect.map(Mime.encoded(mail), (body): Composed => ({ correlationId: mail.correlationId, body }))
  )

/** Begins while the mail is put together; `told` is when the news of it came. */
export const beside = Effect.fnUntraced(function* <B, C, R>(
  begin: Effect.Effect<void, B, R>,
  render: Effect.Effect<Composed, C, R>
) {
  const begun = yield* Effect.forkChild(Effect.andThen(begin, elapsed), { startImmediately: true })
  const composed = yield* Effect.exit(render)
  const told = yield* Fiber.join(begun)
  return { told, composed: yield* composed }
})

/** The same for what was begun long ago: `begin` takes no time. */
export const already = Effect.fnUntraced(function* <B, C, R>(
  begin: Effect.Effect<void, B, R>,
  render: Effect.Effect<Composed, C, R>
) {
  yield* begin
  const told = yield* elapsed
  return { told, composed: yield* render }
})
