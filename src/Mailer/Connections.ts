// The HTTP client for login and Graph: pooled connections over node:http(s), and the knowledge whether a failed request
// had a connection at all. One that had none was surely not sent; of any other nobody can say.
import * as Http from "node:http"
import * as Https from "node:https"
import type { Duplex } from "node:stream"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { ByteSize, type Cause, Duration, Effect, Layer } from "effect"
import { HttpClient, type HttpClientError, type HttpClientRequest, HttpIncomingMessage } from "effect/http"

export interface Options {
  /** For name lookup, TCP and TLS together. */
  readonly connectTimeout: Duration.Duration
  /** A free connection is closed after so long: before the server does it in the instant that we write to it. */
  readonly freeTimeout: Duration.Duration
}

export const defaults: Options = { connectTimeout: Duration.seconds(8), freeTimeout: Duration.seconds(4) }

/** Follows no redirect: neither a token nor a mail goes where Microsoft did not say beforehand. */
export const layer = (options: Options = defaults): Layer.Layer<HttpClient.HttpClient> =>
  Layer.provide(NodeHttpClient.layerNodeHttpNoAgent, Layer.effect(NodeHttpClient.HttpAgent, agents(options)))

const agents = Effect.fnUntraced(function* ({ connectTimeout, freeTimeout }: Options) {
  const fork = Effect.runForkWith(yield* Effect.context())

  const attend = (socket: Duplex, established: "connect" | "secureConnect") => {
    const expire = Effect.sync(() => socket.destroy(new ConnectTimeout()))
    const deadline = fork(Effect.delay(expire, connectTimeout))
    const onError = (error: Error) => void unconnected.add(error)
    const settle = () => deadline.interruptUnsafe()
    socket.on("error", onError)
    socket.once("close", settle)
    socket.once(established, () => {
      settle()
      socket.off("error", onError)
    })
  }

  const watch = <A extends Http.Agent>(agent: A, established: "connect" | "secureConnect") => {
    const create = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => {
      const socket = create(options, callback)
      if (socket) attend(socket, established)
      return socket
    }
    return Effect.acquireRelease(Effect.succeed(agent), () => Effect.sync(() => agent.destroy()))
  }

  const pool = { keepAlive: true, timeout: Duration.toMillis(freeTimeout) }
  return {
    http: yield* watch(new Http.Agent(pool), "connect"),
    https: yield* watch(new Https.Agent(pool), "secureConnect")
  }
})

/** The errors that connections died of before they were up. */
const unconnected = new WeakSet<object>()

class ConnectTimeout extends Error {
  readonly code = "CONNECT_TIMEOUT"
}

export interface Failure {
  /** There was no connection: the server saw nothing of the request. */
  readonly unsent: boolean
  /** The operating system's or OpenSSL's word for what went wrong, for example ECONNREFUSED. */
  readonly code: string
}

export const failure = (error: HttpClientError.HttpClientError | Cause.TimeoutError): Failure => {
  if (error._tag === "TimeoutError") return { unsent: false, code: "no answer in time" }
  const cause: unknown = error.cause
  const code: unknown = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  return {
    unsent: typeof cause === "object" && cause !== null && unconnected.has(cause),
    code: typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "no reason given"
  }
}

export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty if it was too long, broke off or did not end in time: nobody may decide on it. */
  readonly body: string
}

const bodyLimit = ByteSize.kilobytes(64)

/** A body is worth no longer wait, and an endless one must not cost the status that came before it. */
export const bodyTimeout = Duration.seconds(1)

/** One request, one answer within `time`. Fails only if there is no status. No trace header leaves the house. */
export const exchange = Effect.fnUntraced(
  function* (request: HttpClientRequest.HttpClientRequest, time: Duration.Duration) {
    const response = yield* HttpClient.execute(request).pipe(Effect.timeout(Duration.subtract(time, bodyTimeout)))
    const body = yield* response.text.pipe(
      Effect.timeout(bodyTimeout),
      Effect.orElseSucceed(() => "")
    )
    const answer: Answer = { status: response.status, headers: response.headers, body }
    return answer
  },
  Effect.provideService(HttpClient.TracerPropagationEnabled, false),
  Effect.provideService(HttpIncomingMessage.MaxBodySize, bodyLimit)
)
