// The mutants: each breaks one promise in one place, and names the tests that must notice. `find` stands exactly once in
// its file, so that a mutant that the code has outgrown is an error and no silent survivor.

export interface Mutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Enough of the tests to catch it, so that the whole list takes minutes. */
  readonly tests: ReadonlyArray<string>
}

const outbox = ["test/integration/outbox.test.ts", "test/integration/outbox-outcomes.test.ts"]

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "no begun mark",
    file: "src/Outbox.ts",
    find: "set begun_at = clock_timestamp(), first_attempt_at",
    replace: "set first_attempt_at",
    tests: outbox
  },
  {
    name: "begun mark counted from the answer",
    file: "src/Mailer/Graph.ts",
    find: "asked + Duration.toMillis(markIsGood)",
    replace: "Infinity",
    tests: ["test/Mailer/Graph.test.ts"]
  },
  {
    name: "settle without the token",
    file: "src/Outbox.ts",
    find: " and (o.claim = s.claim or s.outcome = 'sent')`",
    replace: "`",
    tests: outbox
  },
  {
    name: "Message-ID from the customer's key",
    file: "src/Delivery.ts",
    find: "messageId: messageId(notice.id,",
    replace: "messageId: messageId({ ...notice, id: notice.key as typeof notice.id }.id,",
    tests: ["test/Delivery.test.ts"]
  },
  {
    name: "settlement not retried",
    file: "src/Delivery.ts",
    find: "\n    Effect.retry(settling),",
    replace: "",
    tests: ["test/Delivery.test.ts"]
  },
  {
    name: "send can be interrupted",
    file: "src/Mailer/Graph.ts",
    find: "    }, Effect.uninterruptible)",
    replace: "    }, Effect.interruptible)",
    tests: ["test/Mailer/GraphInterruption.test.ts"]
  },
  {
    name: "a refused token is kept",
    file: "src/Mailer/Graph.ts",
    find: "\n    yield* tokens.invalidate(token)",
    replace: "",
    tests: ["test/Mailer/Graph.test.ts"]
  }
]
