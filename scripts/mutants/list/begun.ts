// What a claim does at once for what can be sent right away.
import type { Mutant } from "../Mutant.ts"

const begun = "test/integration/outbox-begun.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "a claim begins what may have been sent",
    file: "src/ClaimStatement.ts",
    find: "and not maybe_sent and crashes = 0",
    replace: "",
    test: begun,
    says: "nor what is in doubt"
  },
  {
    name: "a claim that begins may be forgotten by a crash",
    file: "src/ClaimStatement.ts",
    find: "case when $4::integer = 0 then 'off' else 'on' end",
    replace: "'off'",
    test: "test/integration/durability.test.ts",
    says: "are on the server's disk before anybody goes on"
  },
  {
    name: "what a claim has begun is given back while it is requested",
    file: "src/Outbox.ts",
    find: "notice.begun?.taken === false",
    replace: "notice.begun !== undefined",
    test: begun,
    says: "unless it is about to be requested"
  },
  {
    name: "a monitor that ends drops what its claim brings",
    file: "src/Monitor.ts",
    find: "  }, Effect.uninterruptible)",
    replace: "  })",
    test: "test/MonitorGiveBack.test.ts",
    says: "gives back what the claim brings"
  },
  {
    name: "a claim begins before any mail was accepted",
    file: "src/Mailer/Graph.ts",
    find: "now < flowsUntil ? inFlight",
    replace: "true ? inFlight",
    test: "test/Mailer/GraphPlaces.test.ts",
    says: "none are told before the first mail was accepted"
  },
  {
    name: "a table that somebody holds keeps all others waiting",
    file: "src/Claim.ts",
    find: "            return plain(limit, 0)\n",
    replace: "            return whole(limit, 1)\n",
    test: begun,
    says: "a table that somebody holds"
  },
  {
    name: "a key of another type makes every claim fail",
    file: "src/Records.ts",
    find: "case when c.key ~ '${pattern}' then c.key::${type} end",
    replace: "c.key::${type}",
    test: begun,
    says: "or its key would be refused"
  },
  {
    name: "a claim takes what two rows have had the key of",
    file: "src/ClaimStatement.ts",
    find: "  leave: hasTwin,",
    replace: '  leave: "false",',
    test: begun,
    says: "begins no row that a newer one has replaced"
  },
  {
    name: "a usual claim takes no notice of a pause",
    file: "src/ClaimStatement.ts",
    find: "  paused: anyPaused,",
    replace: '  paused: "false",',
    test: "test/integration/pause.test.ts",
    says: "is mailed from by no replica"
  },
  {
    name: "what waits behind a lock waits as long as that",
    file: "src/GroupCommit.ts",
    find: "const atOnce = 2",
    replace: "const atOnce = 1",
    test: "test/GroupCommit.test.ts",
    says: "sends a second statement beside one that is held up"
  },
  {
    name: "a request is never given up",
    file: "src/Mailer/Deadlines.ts",
    find: "deadline.giveUp()",
    replace: "undefined",
    test: "test/Mailer/Deadlines.test.ts",
    says: "passes at its time"
  },
  {
    name: "a process that was frozen writes a request whose time is over",
    file: "src/Mailer/Exchange.ts",
    find: "if (elapsedOf(this.#clock) < this.#until) this.#put",
    replace: "if (true) call.end",
    test: "test/Mailer/ConnectionsRequest.test.ts",
    says: "has its connection only when its time is over"
  },
  {
    name: "what becomes late with others keeps them from being given up",
    file: "src/Mailer/Deadlines.ts",
    find: "if (waiting.value.at > now) next = Math.min(next, waiting.value.at)",
    replace: "if (waiting.value.at > now) next = Infinity",
    test: "test/Mailer/Deadlines.test.ts",
    says: "passes at its time"
  },
  {
    name: "more is claimed than may be begun",
    file: "src/Monitor.ts",
    find: "begins >= tables.size ? begins : left",
    replace: "left",
    test: "test/MonitorPlaces.test.ts",
    says: "has its claim begin what there are places for"
  },
  {
    name: "who waits for a place is passed by who comes later",
    file: "src/Mailer/Places.ts",
    find: "if (this.#line.first !== undefined || this.#free < count) return false",
    replace: "if (this.#free < count) return false",
    test: "test/Mailer/Places.test.ts",
    says: "in the order of the line"
  },
  {
    name: "a begun mark waits for company as an outcome does",
    file: "src/GroupCommit.ts",
    find: "if (!gathers(asked)) hurry()",
    replace: "",
    test: "test/GroupCommit.test.ts",
    says: "no longer than until somebody waits"
  },
  {
    name: "who gives a place back at once is served within himself",
    file: "src/Mailer/Places.ts",
    find: "if (this.#serving) return",
    replace: "",
    test: "test/Mailer/Places.test.ts",
    says: "to the end of a long line"
  },
  {
    name: "a place is lost with whoever waited for it",
    file: "src/Mailer/Places.ts",
    find: "if (this.#line.leave(waiter)) this.#serve()",
    replace: "this.#serve()",
    test: "test/Mailer/Places.test.ts",
    says: "who is interrupted while he waits"
  }
]
