// Tells incidents to an address that takes JSON by POST, in the shape that fits its host unless another is wanted. The
// address is a secret: whoever has it may post there, so it stands in no error and no log line, and nothing that the
// receiver answers does.
import { Data, Duration, Effect, Redacted, Semaphore } from "effect"
import { blip, type Teller } from "../Alert.ts"
import * as Connections from "../Mailer/Connections.ts"
import * as Said from "../Said.ts"
import { inShape, type Shape, shapeFor } from "./shapes.ts"

const timeout = Duration.seconds(10)
/** Side by side, so that many incidents at once do not flood the receiver. */
const concurrency = 2

class Untaken extends Data.TaggedError("Untaken")<{ readonly why: string }> {}

export const make = Effect.fnUntraced(function* (address: Redacted.Redacted, wanted?: Shape) {
  const connections = yield* Connections.Connections
  const turns = yield* Semaphore.make(concurrency)
  const shaped = inShape[wanted ?? shapeFor(Redacted.value(address))]
  const attempt = Effect.fnUntraced(function* (body: string) {
    const headers = { "content-type": "application/json; charset=utf-8", "user-agent": "inquiries-mailer" }
    const { status } = yield* Connections.exchange({ url: Redacted.value(address), headers, body }, timeout).pipe(
      Effect.provideService(Connections.Connections, connections),
      Effect.mapError(({ code }) => new Untaken({ why: code }))
    )
    if (status < 200 || status > 299) return yield* new Untaken({ why: `it answered ${status}` })
  })

  const say = Said.turning(
    (why) => `the address of ALERT_WEBHOOK_URL does not take alerts: ${why}; they are told when it does`,
    "the address of ALERT_WEBHOOK_URL takes alerts again"
  )

  const teller: Teller = {
    post: (message) =>
      attempt(shaped(message)).pipe(
        Effect.retry(blip),
        turns.withPermits(1),
        Effect.matchEffect({
          onSuccess: () => Effect.as(say(undefined), true),
          onFailure: ({ why }) => Effect.as(say(why), false)
        })
      )
  }
  return teller
})
