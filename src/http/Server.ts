// The server, directly over Node's: a visitor gets one small answer, and costs little however slow, silent or many they
// are; some follow what changes. Closing it waits for answers under way, but not for visitors nor for followers.
import { Cause, Data, Deferred, Duration, Effect, FiberSet, type Scope } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { describeCrash } from "../Crash.ts"
import { isLoopback } from "./access.ts"
import { type Answer, type Asked, refusal } from "./Answer.ts"

/** Nobody may listen there, or somebody else does. */
export class Unbound extends Data.TaggedError("Unbound")<{
  /** The operating system's word, for example EADDRINUSE. */
  readonly code: string
}> {}

export interface Options {
  readonly host: string
  readonly port: number
  readonly answer: (asked: Asked) => Effect.Effect<Answer>
}

/** Connections at once from this machine, and as many from beyond: strangers must not keep the health check out. */
const most = 64
const timeouts = { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 }
const limits = { ...timeouts, connectionsCheckingInterval: 2_000, maxHeaderSize: 8_192 }
/** Without a byte in either direction: somebody who does not read. */
const silence = 20_000
const answerTimeout = Duration.seconds(15)
/** What a shutdown leaves to answers under way. */
const grace = Duration.seconds(1)

/** Listens from now on until the scope closes. Returns what tells, in the system's word, that it broke and serves no more. */
export const serve = Effect.fnUntraced(function* ({
  answer,
  host,
  port
}: Options): Effect.fn.Return<Deferred.Deferred<string>, Unbound, Scope.Scope> {
  const fibers = yield* FiberSet.make<void>()
  const run = yield* FiberSet.runtime(fibers)()
  const followers = yield* FiberSet.make<void>()
  const follow = yield* FiberSet.runtime(followers)()
  const server = createServer(limits)
  server.setTimeout(silence)
  server.on("connection", admitting())
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    run(
      Effect.map(respond(answer, request, response), (more) => {
        if (more === undefined) return
        const fiber = follow(more)
        response.once("close", () => fiber.interruptUnsafe())
        if (response.destroyed) fiber.interruptUnsafe()
      })
    )
  })
  const broken = yield* Deferred.make<string>()
  const tell = (code: string) => void Deferred.doneUnsafe(broken, Effect.succeed(code))
  server.on("error", (error) => tell(codeOf(error)))
  server.on("close", () => tell("closed"))
  yield* Effect.acquireRelease(bind(server, host, port), () =>
    Effect.gen(function* () {
      server.close()
      yield* FiberSet.clear(followers)
      yield* Effect.timeoutOption(FiberSet.awaitEmpty(fibers), grace)
      server.closeAllConnections()
    })
  )
  return broken
})

const bind = (server: Server, host: string, port: number) =>
  Effect.callback<void, Unbound>((resume) => {
    const refused = (error: Error) => resume(Effect.fail(new Unbound({ code: codeOf(error) })))
    server.once("error", refused)
    server.listen({ host, port }, () => {
      server.off("error", refused)
      resume(Effect.void)
    })
  })

const codeOf = (error: Error & { readonly code?: unknown }): string => String(error.code ?? error.name)

const admitting = () => {
  const open = { near: 0, far: 0 }
  return (socket: Socket) => {
    const side = isLoopback(socket.remoteAddress ?? "") ? "near" : "far"
    if (open[side] >= most) return socket.destroy()
    open[side]++
    socket.once("close", () => open[side]--)
  }
}

const respond = Effect.fnUntraced(function* (
  answer: Options["answer"],
  request: IncomingMessage,
  response: ServerResponse
) {
  const given: Answer = yield* answer(asked(request)).pipe(
    Effect.timeoutOrElse({
      duration: answerTimeout,
      orElse: () => Effect.succeed(refusal(503, "this takes too long: try again"))
    }),
    Effect.catchDefect((defect) =>
      Effect.as(
        Effect.logError(`an answer over HTTP crashed: ${describeCrash(Cause.die(defect))}`),
        refusal(500, "a bug: the log says more")
      )
    )
  )
  const { follow } = given
  if (follow === undefined || request.method === "HEAD") {
    return yield* Effect.as(write(response, given, request), undefined)
  }
  response.on("error", () => {})
  response.writeHead(given.status, head(given))
  response.write(given.body)
  return follow((text) => push(response, text)).pipe(
    Effect.catchDefect((defect) =>
      Effect.logError(`what follows over HTTP crashed: ${describeCrash(Cause.die(defect))}`)
    ),
    Effect.ensuring(Effect.sync(() => response.end()))
  )
})

/** Ends when the visitor has room for more; for one who is gone, never. */
const push = (response: ServerResponse, text: string) =>
  Effect.callback<void>((resume) => {
    if (response.write(text)) return resume(Effect.void)
    const room = () => resume(Effect.void)
    response.once("drain", room)
    return Effect.sync(() => response.off("drain", room))
  })

const head = ({ headers, type }: Answer) => ({
  ...headers,
  "content-type": type,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff"
})

const asked = ({ headers, method = "", socket, url = "" }: IncomingMessage): Asked => ({
  method,
  path: url.replace(/[?#].*$/s, ""),
  peer: socket.remoteAddress ?? "",
  own: socket.localAddress ?? "",
  host: headers.host,
  authorization: headers.authorization,
  forwarded: ["forwarded", "via", "x-forwarded-for", "x-real-ip"].some((name) => name in headers)
})

/** Ends when the answer is on its way, or the visitor is gone. */
const write = (response: ServerResponse, answer: Answer, { method }: IncomingMessage) =>
  Effect.callback<void>((resume) => {
    response.on("error", () => {})
    response.once("close", () => resume(Effect.void))
    response.writeHead(answer.status, {
      ...head(answer),
      "content-length": Buffer.byteLength(answer.body),
      // Nobody reads what a visitor sends beyond the headers: the next request could stand anywhere in it.
      ...(method === "GET" || method === "HEAD" ? {} : { connection: "close" })
    })
    response.end(method === "HEAD" ? undefined : answer.body)
  })
