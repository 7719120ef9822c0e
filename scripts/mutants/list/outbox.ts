// Mutants of the queue: who may act upon a notice, what is written about it, and what a crash of the server may forget.
import type { Mutant } from "../Mutant.ts"

const claims = "test/integration/outbox.test.ts"
const outcomes = "test/integration/outbox-outcomes.test.ts"
const durability = "test/integration/durability.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "no begun mark",
    file: "src/Outbox.ts",
    find: "set begun_at = clock_timestamp(), first_attempt_at",
    replace: "set first_attempt_at",
    test: outcomes,
    says: "that began and was never settled may have been sent"
  },
  {
    name: "no lease check in begin",
    file: "src/Outbox.ts",
    find: " and o.due_at > clock_timestamp()\n    and not",
    replace: "\n    and not",
    test: outcomes,
    says: "may begin only under the present claim"
  },
  {
    name: "begin without the token",
    file: "src/Outbox.ts",
    find: " and o.claim = b.claim",
    replace: "",
    test: outcomes,
    says: "tells those that may begin from those that may not"
  },
  {
    name: "begin though a newer row has the key",
    file: "src/Outbox.ts",
    find: "\n    and not ${newerWaits}",
    replace: "",
    test: outcomes,
    says: "may begin only under the present claim"
  },
  {
    name: "no grace for what is begun",
    file: "src/Outbox.ts",
    find: "  lease + grace\n]",
    replace: "  lease\n]",
    test: claims,
    says: "given back is due at once, but for what has begun"
  },
  {
    name: "release gives back what is begun",
    file: "src/Outbox.ts",
    find: " and (begun_at is null or id = any(${unsent.map(({ id }) => id)}::uuid[]))",
    replace: "",
    test: claims,
    says: "given back is due at once, but for what has begun"
  },
  {
    name: "a lease that ended is renewed",
    file: "src/Outbox.ts",
    find: "where ${held(notices)} and due_at > clock_timestamp()`",
    replace: "where ${held(notices)}`",
    test: claims,
    says: "that ended is neither renewed nor given back"
  },
  {
    name: "settle without the token",
    file: "src/Outbox.ts",
    find: " and (o.claim = s.claim or s.outcome = 'sent')`",
    replace: "`",
    test: outcomes,
    says: "sent is written also by who lost the claim"
  },
  {
    name: "sent under a lost claim is not written",
    file: "src/Outbox.ts",
    find: "(o.claim = s.claim or s.outcome = 'sent')",
    replace: "o.claim = s.claim",
    test: outcomes,
    says: "sent is written also by who lost the claim"
  },
  {
    name: "an outcome is written over another",
    file: "src/Outbox.ts",
    find: " and ${unsettled} and (o.claim = s.claim",
    replace: " and (o.claim = s.claim",
    test: outcomes,
    says: "is final: neither sent nor parked is written over it"
  },
  {
    name: "postpone without the token",
    file: "src/Outbox.ts",
    find: " and claim = ${notice.claim}::uuid`",
    replace: "`",
    test: outcomes,
    says: "sent is written also by who lost the claim"
  },
  {
    name: "postponing forgets that it may have been sent",
    file: "src/Outbox.ts",
    find: "maybe_sent = maybe_sent or ${postponement.maybeSent}",
    replace: "maybe_sent = ${postponement.maybeSent}",
    test: "test/integration/outbox-doubt.test.ts",
    says: "are counted without an attempt"
  },
  {
    name: "claim without SKIP LOCKED",
    file: "src/ClaimStatement.ts",
    find: "for update skip locked",
    replace: "for update",
    test: claims,
    says: "waits for nobody who holds a notice locked"
  },
  {
    name: "claim locks nothing",
    file: "src/ClaimStatement.ts",
    find: " for update skip locked",
    replace: "",
    test: claims,
    says: "waits for nobody who holds a notice locked"
  },
  {
    name: "claim forgets that it was begun",
    file: "src/ClaimStatement.ts",
    find: "maybe_sent = o.maybe_sent or o.begun_at is not null",
    replace: "maybe_sent = o.maybe_sent",
    test: outcomes,
    says: "that began and was never settled may have been sent"
  },
  {
    name: "claim counts no crash",
    file: "src/ClaimStatement.ts",
    find: "crashes = o.crashes + (o.begun_at is not null)::integer",
    replace: "crashes = o.crashes",
    test: "test/integration/outbox-doubt.test.ts",
    says: "that counts as a crash"
  },
  {
    name: "a send under way is superseded",
    file: "src/ClaimStatement.ts",
    find: "and (o.begun_at is null or o.due_at <= clock_timestamp())",
    replace: "",
    test: outcomes,
    says: "the older settles itself while its send is under way"
  },
  {
    name: "settlement may be forgotten by a crash",
    file: "src/Outbox.ts",
    find: "set outcome = s.outcome,",
    replace: "set outcome = case when set_config('synchronous_commit', 'off', true) = 'off' then s.outcome end,",
    test: durability,
    says: "a begun mark and an outcome are on the server's disk"
  },
  {
    name: "begun mark may be forgotten by a crash",
    file: "src/Outbox.ts",
    find: "set begun_at = clock_timestamp(),",
    replace:
      "set begun_at = case when set_config('synchronous_commit', 'off', true) = 'off' then clock_timestamp() end,",
    test: durability,
    says: "a begun mark and an outcome are on the server's disk"
  },
  {
    name: "synchronous_commit off in every session",
    file: "src/Session.ts",
    find: 'synchronous_commit: "on"',
    replace: 'synchronous_commit: "off"',
    test: durability,
    says: "a begun mark and an outcome are on the server's disk"
  },
  {
    name: "what a failed statement left is taken for done",
    file: "src/GroupCommit.ts",
    find: "answer(Exit.isFailure(exit) ? exit : unanswered)",
    replace: "answer(Exit.isFailure(exit) ? Exit.void : unanswered)",
    test: "test/GroupCommit.test.ts",
    says: "fails those that a failed statement left without an answer"
  },
  {
    name: "a statement for every request",
    file: "src/GroupCommit.ts",
    find: "      for (yield* breath;",
    replace: "      for (;",
    test: "test/GroupCommit.test.ts",
    says: "takes along what is asked in the same breath"
  }
]
