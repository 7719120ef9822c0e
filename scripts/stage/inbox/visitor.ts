// Who may talk to the inbox. Any website can make a browser send requests to loopback, and can give loopback a name of
// its own (DNS rebinding): so the host must be ours by name, and whoever writes must be our own page.
import { Effect } from "effect"
import type { IncomingMessage } from "node:http"
import { readBody } from "../GraphAnswer.ts"

export const isThisHost = ({ headers, socket }: IncomingMessage): boolean =>
  ["127.0.0.1", "localhost"].some((name) => headers.host === `${name}:${socket.localPort}`)

/** The content type alone makes other websites ask first, and they are not answered. */
export const comesFromThePage = ({ headers }: IncomingMessage): boolean =>
  headers.origin === `http://${headers.host}` && headers["content-type"] === "application/json"

const most = 100_000

export const readText = Effect.fnUntraced(function* (request: IncomingMessage) {
  const body = yield* Effect.tryPromise({ try: () => readBody(request), catch: () => "The request was cut off." })
  return body.length > most ? yield* Effect.fail("That is too long.") : body.toString("utf8")
})
