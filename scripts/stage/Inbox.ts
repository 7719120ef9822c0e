// The demo's inbox: a page on loopback that shows what the stand-in accepted, follows it live, and inserts further rows.
// Mails are hostile: the page builds text nodes only, and a mail's HTML is answered with a policy that runs and loads
// nothing. Nobody but this page itself can make it write.
import { Effect, FiberSet, PubSub, Schema, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { file, type Reply, reply } from "./inbox/Reply.ts"
import { html, open, source, summary } from "./inbox/Shown.ts"
import { comesFromThePage, isThisHost, readText } from "./inbox/visitor.ts"
import type { StandIn } from "./GraphStandIn.ts"
import { listen } from "./loopback.ts"

export interface Kind {
  readonly name: string
  readonly label: string
}

export const Typed = Schema.Struct({ kind: Schema.String, name: Schema.String, message: Schema.String })
export type Typed = typeof Typed.Type

export interface Options {
  readonly standIn: Pick<StandIn, "mails" | "onMail">
  readonly kinds: ReadonlyArray<Kind>
  /** Empty texts were not typed. What it says, of success or failure, is shown to the visitor. */
  readonly insert: (typed: Typed) => Effect.Effect<string, string>
  readonly port?: number
}

export class InboxError extends Schema.TaggedError<InboxError>()("InboxError", { message: Schema.String }) {}

/** What the list shows at most: somebody will insert 10,000 rows. */
const listed = 500

const pages: Readonly<Record<string, Reply>> = {
  "/": file("page.html", "text/html"),
  "/page.css": file("page.css", "text/css"),
  "/page.js": file("page.js", "text/javascript"),
  "/mail.css": file("mail.css", "text/css"),
  "/form.css": file("form.css", "text/css"),
  "/dom.js": file("dom.js", "text/javascript"),
  "/icon.svg": file("icon.svg", "image/svg+xml")
}

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** Waits while the visitor's connection is full. */
const write = (response: ServerResponse, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (response.write(text)) return resume(Effect.void)
    response.once("drain", () => resume(Effect.void))
  })

const make = (options: Options, run: string) => {
  const { standIn } = options

  const follow = Effect.fnUntraced(function* (response: ServerResponse) {
    // Subscribed first, then read from the list itself: no mail falls in between, and none comes twice.
    const arrivals = yield* standIn.onMail
    const beat = Effect.andThen(Effect.sleep("15 seconds"), write(response, ": still here\n\n"))
    yield* Effect.forkScoped(Effect.forever(beat))
    yield* write(response, `retry: 1000\n${event("hello", { run, kinds: options.kinds })}`)
    let next = Math.max(0, standIn.mails.length - listed)
    while (true) {
      const news = standIn.mails.slice(next)
      const shown = yield* Effect.forEach(news, (mail, n) => summary(mail, next + n + 1))
      next += news.length
      yield* write(response, event("mails", shown))
      yield* PubSub.takeBetween(arrivals, 1, listed)
    }
  }, Effect.scoped)

  const insert = Effect.fnUntraced(
    function* (request: IncomingMessage) {
      const typed = yield* Schema.decodeEffect(Schema.fromJsonString(Typed))(yield* readText(request))
      return reply(200, "text/plain", yield* options.insert(typed))
    },
    Effect.catch((error) => Effect.succeed(reply(400, "text/plain", typeof error === "string" ? error : error.message)))
  )

  const mailAt = Effect.fnUntraced(function* (path: string) {
    const [, number, part] = /^\/mails\/(\d{1,9})(?:\/(html|source))?$/.exec(path) ?? []
    const mail = standIn.mails[Number(number) - 1]
    if (mail === undefined) return reply(404, "text/plain", "There is no such mail.")
    if (part === "source") return source(mail, Number(number))
    return part === "html" ? yield* html(mail) : yield* open(mail)
  })

  return Effect.fnUntraced(function* (request: IncomingMessage, response: ServerResponse) {
    const send = ({ body, headers, status }: Reply) => void response.writeHead(status, headers).end(body)
    const { method, url: path = "/" } = request
    if (!isThisHost(request)) return send(reply(421, "text/plain", "This inbox answers on this machine only."))
    if (method === "POST" && path === "/rows") {
      return comesFromThePage(request)
        ? send(yield* insert(request))
        : send(reply(403, "text/plain", "Only the inbox's own page can insert rows."))
    }
    if (method !== "GET") return send(reply(405, "text/plain", "There is nothing to write here."))
    if (path === "/events") {
      response.writeHead(200, reply(200, "text/event-stream", "").headers)
      return yield* follow(response)
    }
    return send(pages[path] ?? (yield* mailAt(path)))
  })
}

/** Serves until the scope closes, which also ends what visitors still follow. */
export const start = Effect.fn("Inbox.start")(function* (
  options: Options
): Effect.fn.Return<{ readonly url: string }, InboxError, Scope.Scope> {
  const fork = yield* FiberSet.makeRuntime()
  const answer = make(options, randomUUID())
  const server = createServer((request, response) => {
    const visit = fork(answer(request, response))
    response.once("close", () => visit.interruptUnsafe())
  })
  const port = yield* listen(server, options.port).pipe(
    Effect.mapError(({ message }) => new InboxError({ message: `the inbox: ${message}` }))
  )
  return { url: `http://127.0.0.1:${port}/` }
})
