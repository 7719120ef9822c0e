// The pools of connections of node:http(s), with a limit to how long one may take to be up, and the knowledge which never was.
import * as Http from "node:http"
import * as Https from "node:https"
import type { Duplex } from "node:stream"
import { Duration, Effect, type Fiber } from "effect"

export interface Options {
  /** For name lookup, TCP and TLS together. */
  readonly connectTimeout: Duration.Duration
  /** A free connection is closed after so long: before the server does it in the instant that we write to it. */
  readonly freeTimeout: Duration.Duration
}

export const defaults: Options = { connectTimeout: Duration.seconds(8), freeTimeout: Duration.seconds(4) }

/** Starts a fiber outside any other. */
export type Fork = (effect: Effect.Effect<void>) => Fiber.Fiber<void>

/** What a connection tells when it is up. */
export type Established = "connect" | "secureConnect"

/** The pools of free connections. */
export const agents = Effect.fnUntraced(function* ({ connectTimeout, freeTimeout }: Options, fork: Fork) {
  const attend = (socket: Duplex, established: Established) => {
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

  const watch = (agent: Http.Agent, established: Established) => {
    const create = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => {
      const socket = create(options, callback)
      if (socket) attend(socket, established)
      return socket
    }
    return Effect.acquireRelease(Effect.succeed({ agent, established }), () => Effect.sync(() => agent.destroy()))
  }

  const pool = { keepAlive: true, timeout: Duration.toMillis(freeTimeout) }
  return {
    http: yield* watch(new Http.Agent(pool), "connect"),
    https: yield* watch(new Https.Agent(pool), "secureConnect")
  }
})

/** The errors that connections died of before they were up. */
export const unconnected = new WeakSet<object>()

class ConnectTimeout extends Error {
  readonly code = "CONNECT_TIMEOUT"
}
