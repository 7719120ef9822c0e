// A token cache over a login that counts its requests.
import { Clock, Duration, Effect, Redacted, Ref } from "effect"
import type { MailerError } from "../../src/Mailer.ts"
import * as TokenCache from "../../src/Mailer/TokenCache.ts"
import { plain } from "./samples.ts"

type Answer = Effect.Effect<void, MailerError>

/** A login that names its tokens t1, t2, …; each acquisition takes `takes`, then does what `answer` says. */
export const login = Effect.fnUntraced(function* (life: Duration.Input, takes: Duration.Input = 0) {
  const requests = yield* Ref.make(0)
  const answer = yield* Ref.make<Answer>(Effect.void)
  const acquire = Effect.gen(function* () {
    const n = yield* Ref.updateAndGet(requests, (count) => count + 1)
    yield* Effect.sleep(takes)
    yield* Effect.flatten(Ref.get(answer))
    const now = yield* Clock.currentTimeMillis
    return { token: Redacted.make(`t${n}`), expiresAt: now + Duration.toMillis(life) }
  })
  const cache = yield* TokenCache.make(acquire)
  return { requests: Ref.get(requests), answer, cache, get: Effect.map(cache.get, Redacted.value) }
})

export const reasonOf = (get: Effect.Effect<unknown, MailerError>) =>
  Effect.map(Effect.flip(get), (error) => plain(error.reason))

export const many = <A, E>(count: number, effect: Effect.Effect<A, E>) =>
  Effect.all(
    Array.from({ length: count }, () => effect),
    { concurrency: "unbounded" }
  )
