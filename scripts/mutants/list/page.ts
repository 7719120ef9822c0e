// Mutants of the status page: what it costs, to whom it is shown, and what its reader keeps while it changes.
import type { Mutant } from "../Mutant.ts"

const board = "test/http/Board.test.ts"
const events = "test/http/events.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "the page told everything again and again",
    file: "src/http/Board.ts",
    find: "seen === null || entry.change > seen",
    replace: "true",
    test: board,
    says: "has every card at once, and then only those that changed"
  },
  {
    name: "a sleeping database kept awake by the page",
    file: "src/http/Board.ts",
    find: "activity === entry.activity ? atMostEvery : afterActivity",
    replace: "afterActivity",
    test: board,
    says: "asks a database every five seconds, one that sleeps between polls no more often than it is polled"
  },
  {
    name: "databases asked though no page is open",
    file: "src/http/Board.ts",
    find: "watching.await.pipe(",
    replace: "Effect.void.pipe(",
    test: board,
    says: "looks at nothing and asks nobody while no page is open"
  },
  {
    name: "a database asked for the page while it is away",
    file: "src/http/Board.ts",
    find: "if (!reachable(entry.card)) continue",
    replace: "",
    test: board,
    says: "asks at once after a mail and after what an operator did here, and never one that is away"
  },
  {
    name: "any number of pages",
    file: "src/http/events.ts",
    find: "open >= most",
    replace: "open < 0",
    test: events,
    says: "is one of 24: the next is refused until one of them goes"
  },
  {
    name: "the page shown to strangers where no token is set",
    file: "src/http/routes.ts",
    find: "reading && token !== undefined) return file",
    replace: "reading) return file",
    test: events,
    says: "is shown on this machine alone where none is set"
  },
  {
    name: "a page that may run what is written into it",
    file: "src/http/page.ts",
    find: "\"script-src 'self'\"",
    replace: "\"script-src 'self' 'unsafe-inline'\"",
    test: events,
    says: "may run and load what this server has, and nothing else, in nobody's frame"
  },
  {
    name: "a shutdown that waits for open pages",
    file: "src/http/Server.ts",
    find: "const fiber = follow(more)",
    replace: "const fiber = run(more)",
    test: "test/http/Server.test.ts",
    says: "lets somebody follow until he goes, and does not wait for him when it closes"
  },
  {
    name: "focus lost when a card moves",
    file: "src/http/page/deck.js",
    find: "focused.focus({ preventScroll: true })",
    replace: "",
    test: "test/integration/page-fleet.test.ts",
    says: "puts trouble first, finds it by name, and keeps the focus while cards change and move"
  }
]
