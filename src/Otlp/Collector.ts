// The way to whoever collects. Few requests at a time and each bounded, so that a collector that hangs takes no memory; no
// redirect, because headers may hold a secret. That one is away is said once a kind of signal, and again after it was back.
import { Effect, Layer, Semaphore } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError } from "effect/http"
import * as Said from "../Said.ts"

/** A few thousand spans wait at most; what comes meanwhile is dropped. */
const inFlight = 4

export const layer = (kindOf: (url: string) => string, timeout: number): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const places = yield* Semaphore.make(inFlight)
      const sayings = new Map<string, ReturnType<typeof Said.make>>()
      const say = (url: string, problem: string | undefined) => {
        const known = sayings.get(url) ?? Said.make()
        sayings.set(url, known)
        const dropped = `${kindOf(url)} are not exported and dropped, mails go on: the collector`
        return known(problem === undefined ? undefined : `${dropped} ${problem}`)
      }
      return HttpClient.transform(client, (exchange, request) => {
        const late = new HttpClientError.TransportError({ request, description: "no answer in time" })
        const full = new HttpClientError.EncodeError({ request, description: "too many requests are under way" })
        return places
          .withPermitsIfAvailable(1)(
            Effect.timeoutOrElse(exchange, {
              duration: timeout,
              orElse: () => Effect.fail(new HttpClientError.HttpClientError({ reason: late }))
            })
          )
          .pipe(
            Effect.flatMap(Effect.fromOption(() => new HttpClientError.HttpClientError({ reason: full }))),
            Effect.tap(({ status }) => say(request.url, status < 300 ? undefined : `answers ${status}`)),
            Effect.tapError(({ reason }) =>
              reason === full
                ? Effect.void
                : say(request.url, reason === late ? "does not answer" : "cannot be reached")
            )
          )
      })
    })
  ).pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "manual" }))
  )
