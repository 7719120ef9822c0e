// Mutants of what lets one worker watch hundreds of databases: turns, the LISTEN connection that is lent, its heartbeat.
import type { Mutant } from "../Mutant.ts"

const lent = "test/Lent.test.ts"
const connects = "test/Connects.test.ts"
const rehearsal = "test/integration/rehearsal.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "nothing is heard while a statement is slow",
    file: "src/Connection.ts",
    find: "'${Duration.toMillis(Lent.hold)}', false)",
    replace: "'5000', false)",
    test: "test/integration/lent.test.ts",
    says: "on the LISTEN connection is begun anew elsewhere"
  },
  {
    name: "a pooler's session is changed for whoever has it next",
    file: "src/Connection.ts",
    find: "pg_catalog.pg_backend_pid() = ${process}",
    replace: "pg_catalog.pg_backend_pid() <> ${process}",
    test: "test/integration/poolers.test.ts",
    says: "in transaction mode that drops our parameters"
  },
  {
    name: "a statement that was slow fails",
    file: "src/Lent.ts",
    find: "isSqlError(error) && codeOf(error) === canceled",
    replace: "isSqlError(error) && codeOf(error) === ''",
    test: lent,
    says: "gives what the server ended as too slow to the pool"
  },
  {
    name: "a statement whose answer was lost is run again",
    file: "src/Lent.ts",
    find: "isSqlError(error) && codeOf(error) === canceled",
    replace: "isSqlError(error)",
    test: lent,
    says: "runs a statement twice for no other failure"
  },
  {
    name: "a backlog lines up on the LISTEN connection",
    file: "src/Lent.ts",
    find: "const inLine = 2",
    replace: "const inLine = 99",
    test: lent,
    says: "takes two statements in line"
  },
  {
    name: "a slow database is lent the connection again and again",
    file: "src/Lent.ts",
    find: "now >= slowUntil",
    replace: "now >= 0",
    test: lent,
    says: "and is lent no more for a minute"
  },
  {
    name: "a connection that has ended is lent",
    file: "src/Lent.ts",
    find: "own.isOpen() && now",
    replace: "now",
    test: lent,
    says: "is lent no more once it has ended"
  },
  {
    name: "a sweep runs on the LISTEN connection",
    file: "src/Lent.ts",
    find: "isFree && !fiber.getRef(Unhurried)",
    replace: "isFree",
    test: lent,
    says: "carries no work that may take seconds"
  },
  {
    name: "each session keeps what is asked once",
    file: "src/Lent.ts",
    find: "own.pinned, false, lend",
    replace: "own.pinned, true, lend",
    test: lent,
    says: "keeps only the statements that are asked again and again"
  },
  {
    name: "what has time opens a second connection to each database",
    file: "src/Lent.ts",
    find: "fiber.getRef(Patient) && !isFree",
    replace: "false",
    test: lent,
    says: "is waited for by whoever has time"
  },
  {
    name: "a rehearsal claims what waits",
    file: "src/Rehearsal.ts",
    find: "outbox.claim(0)",
    replace: "outbox.claim(1)",
    test: rehearsal,
    says: "claims nothing of what waits"
  },
  {
    name: "the first mail waits for a plan",
    file: "src/Rehearsal.ts",
    find: 'outbox.settle(nobody, { outcome: "gone" }), ',
    replace: "",
    test: rehearsal,
    says: "leaves it nothing to plan"
  },
  {
    name: "a claim of nothing looks only whether there is anything",
    file: "src/Claim.ts",
    find: "seen || limit === 0",
    replace: "seen",
    test: "test/Claim.test.ts",
    says: "of nothing has the whole statement planned"
  },
  {
    name: "hundreds of sessions plan at once",
    file: "src/Connects.ts",
    find: "const prompt = { atOnce: 1,",
    replace: "const prompt = { atOnce: 100,",
    test: connects,
    says: "one at a time and with room for others between"
  },
  {
    name: "the garbage of very many databases piles up",
    file: "src/Garbage.ts",
    find: "databases < many",
    replace: "true",
    test: "test/Garbage.test.ts",
    says: "is told to come sooner where very many are"
  },
  {
    name: "hundreds of databases are opened at once",
    file: "src/Connects.ts",
    find: "const atOneServer = 8",
    replace: "const atOneServer = 800",
    test: "test/Opening.test.ts",
    says: "is asked for 8 sessions at once"
  },
  {
    name: "a silent server holds up the others",
    file: "src/Connects.ts",
    find: "Effect.delay(leave, patience)",
    replace: "Effect.delay(leave, '1 hour')",
    test: "test/Opening.test.ts",
    says: "takes no place from other connects"
  },
  {
    name: "a place is lost with each connect that is given up",
    file: "src/Connects.ts",
    find: "Effect.ensuring(restore(connect), Effect.andThen(Fiber.interrupt(late), leave))",
    replace: "Effect.tap(restore(connect), Effect.andThen(Fiber.interrupt(late), leave))",
    test: connects,
    says: "that are given up give their place back"
  },
  {
    name: "what can wait goes before what is to be opened",
    file: "src/Connects.ts",
    find: "Effect.andThen(inTurn(address, Effect.void), work)",
    replace: "work",
    test: connects,
    says: "comes before what can wait"
  },
  {
    name: "a peer that falls silent is waited for",
    file: "src/Heartbeat.ts",
    find: "Effect.andThen(Effect.delay(cutOff, indulgence))",
    replace: "Effect.andThen(Effect.void)",
    test: "test/Heartbeat.test.ts",
    says: "is given up within 15 s"
  },
  {
    name: "a right that is missing shows with the first row",
    file: "src/Claim.ts",
    find: "or not has_table_privilege('inquiries_mailer.outbox', 'update') as seen",
    replace: "as seen",
    test: "test/integration/lent.test.ts",
    says: "is blocked from the start"
  },
  {
    name: "what waits is claimed only after something new",
    file: "src/Claim.ts",
    find: "seen = row?.seen !== false",
    replace: "seen = row?.seen === undefined",
    test: "test/Claim.test.ts",
    says: "asks only whether there is anything, until there once was"
  }
]
