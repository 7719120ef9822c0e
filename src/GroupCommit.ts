// Group commit: while one statement is under way, what is asked meanwhile gathers, and goes out together with the next.
// A lone request waits for nobody; under load a round trip and a write to the server's disk serve many.
import { type Array, Effect, type Request, RequestResolver, Semaphore } from "effect"

/** `run` completes every entry, or fails all that it has left. At most one runs at a time. */
export const make = <A extends Request.Any>(
  run: (entries: Array.NonEmptyArray<Request.Entry<A>>) => Effect.Effect<void, Request.Error<A>>
): Effect.Effect<RequestResolver.RequestResolver<A>> =>
  Effect.map(Semaphore.make(1), (turn) =>
    RequestResolver.makeWith({
      batchKey: () => undefined,
      // A breath, so that whoever was woken by the same batch of answers comes along.
      delay: Effect.andThen(
        turn.take(1),
        Effect.onInterrupt(Effect.yieldNow, () => turn.release(1))
      ),
      collectWhile: () => true,
      runAll: (entries) => Effect.ensuring(run(entries), turn.release(1))
    })
  )
