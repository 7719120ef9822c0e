// Mutants of what goes out: one request of Microsoft's at a time in its place.
import type { Mutant } from "../Mutant.ts"

const graph = "test/Mailer/Graph.test.ts"
const places = "test/Mailer/GraphPlaces.test.ts"
const interruption = "test/Mailer/GraphInterruption.test.ts"
const outcome = "test/Mailer/outcome.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "a send can be interrupted",
    file: "src/Mailer/Graph.ts",
    find: "sending(Effect.uninterruptible(sent))",
    replace: "sending(Effect.interruptible(sent))",
    test: interruption,
    says: "is not interrupted once it began"
  },
  {
    name: "a send whose begun mark failed goes out",
    file: "src/Mailer/Begin.ts",
    find: "Effect.forkChild(Effect.andThen(begin, elapsed)",
    replace: "Effect.forkChild(Effect.andThen(Effect.ignore(begin), elapsed)",
    test: graph,
    says: "sends nothing if beginning fails"
  },
  {
    name: "the begun mark is as old as the news of it",
    file: "src/Mailer/Graph.ts",
    find: "from + Duration.toMillis(markIsGood)",
    replace: "Infinity",
    test: graph,
    says: "requests nothing once 20 s have passed since it asked to begin"
  },
  {
    name: "a refused token is kept",
    file: "src/Mailer/Graph.ts",
    find: "\n    yield* tokens.invalidate(token)",
    replace: "",
    test: graph,
    says: "after a refused token tries once more with a fresh one"
  },
  {
    name: "a mail brings along the end of the one before it",
    file: "src/Mailer/Mime.ts",
    find: 'desk.toString("base64", 0, writeTo(desk, pieces))',
    replace: 'desk.toString("base64", 0, Math.max(writeTo(desk, pieces), 9_000))',
    test: "test/Mailer/Mime.test.ts",
    says: "is the same message in base64"
  },
  {
    name: "five requests in flight to a mailbox",
    file: "src/Mailer/Graph.ts",
    find: "export const inFlight = 4",
    replace: "export const inFlight = 5",
    test: places,
    says: "has at most four requests in flight and 60 more begun"
  },
  {
    name: "more begun and waiting for a place than is said",
    file: "src/Mailer/Deck.ts",
    find: "permits = 60",
    replace: "permits = 64",
    test: places,
    says: "has at most four requests in flight and 60 more begun"
  },
  {
    name: "as many begun as ever, though Graph takes its time",
    file: "src/Mailer/Graph.ts",
    find: "width = Deck.widthOf(elapsedOf(clock) - start, inFlight)",
    replace: "width = 1",
    test: places,
    says: "lets as many more begin as have a place within 0.3 s"
  },
  {
    name: "an answer that breaks off costs its status",
    file: "src/Mailer/Exchange.ts",
    find: "if (this.#answer === undefined) this.#end(Effect.fail(lost(error)))",
    replace: "this.#end(Effect.fail(lost(error)))",
    test: "test/Mailer/Connections.test.ts",
    says: "a status counts even if its body is broken off"
  },
  {
    name: "an answer that does not end costs its status",
    file: "src/Mailer/Exchange.ts",
    find: "elapsedOf(this.#clock) + Duration.toMillis(bodyTimeout)",
    replace: "Infinity",
    test: "test/Mailer/Connections.test.ts",
    says: "a status counts even if its body is broken off"
  },
  {
    name: "20 s since the begun mark not checked",
    file: "src/Mailer/Graph.ts",
    find: "if (start > end - Duration.toMillis(worthwhile)) return",
    replace: "if (false) return",
    test: places,
    says: "what waited so long that a slow answer would come too late is not requested"
  },
  {
    name: "an answer may take for ever",
    file: "src/Mailer/Graph.ts",
    find: "request(composed, token, end - start)",
    replace: "request(composed, token, 3_600_000)",
    test: interruption,
    says: "an answer that does not come within the send timeout"
  },
  {
    name: "a blocked mailbox is sent from",
    file: "src/Mailer/Graph.ts",
    find: "gate.guard(inPlace(composed, bearer, end))",
    replace: "inPlace(composed, bearer, end)",
    test: places,
    says: "once the mailbox is blocked, what has begun is not requested"
  },
  {
    name: "an unanswered request counts as not sent",
    file: "src/Mailer/outcome.ts",
    find: "  unsent\n",
    replace: "  unsent || code\n",
    test: interruption,
    says: "without a connection the mail was surely not sent; after a reset nobody knows"
  },
  {
    name: "Retry-After ignored",
    file: "src/Mailer/retryAfter.ts",
    find: 'header?.trim() ?? ""',
    replace: 'header?.slice(0, 0) ?? ""',
    test: outcome,
    says: "pauses for what Retry-After says"
  },
  {
    name: "a 500 counts as not sent",
    file: "src/Mailer/outcome.ts",
    find: "if (status === 503)",
    replace: "if (status >= 500)",
    test: outcome,
    says: "takes 500 for"
  },
  {
    name: "a 403 parks the mail",
    file: "src/Mailer/outcome.ts",
    find: "if (status === 403) return blocked(advice.forbidden)",
    replace: "",
    test: outcome,
    says: "takes 403 for"
  },
  {
    name: "any refused token is dropped",
    file: "src/Mailer/TokenCache.ts",
    find: "Redacted.value(current.held.token) === Redacted.value(refused)",
    replace: "true",
    test: "test/Mailer/TokenCache.test.ts",
    says: "drops a refused token only if it is still the one it holds"
  },
  {
    name: "every fiber asks for a token of its own",
    file: "src/Mailer/TokenCache.ts",
    find: "const joined = flight ?? (yield* start)",
    replace: "const joined = yield* start",
    test: "test/Mailer/TokenCache.test.ts",
    says: "makes one request for a hundred fibers"
  },
  {
    name: "a draft counts as sent",
    file: "src/Mailer/Search.ts",
    find: "value.some(({ isDraft }) => isDraft !== true)",
    replace: "value.length > 0",
    test: "test/Mailer/Search.test.ts",
    says: "takes neither an empty list nor a draft for a mail that was sent"
  }
]
