// Mutants of bursts: what is held, and that each row is in exactly one mail, with its digest or singly.
import type { Mutant } from "../Mutant.ts"

const burst = "test/integration/burst.test.ts"
const digest = "test/integration/digest.test.ts"
const decision = "test/Decision.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "what is held is due long after its time is over",
    file: "src/Burst.ts",
    find: "else f.until end",
    replace: "else f.until + interval '1 day' end",
    test: burst,
    says: "is mailed singly at first, and when its time is over the rest of it in one digest"
  },
  {
    name: "every claim has a burst of its own",
    file: "src/Burst.ts",
    find: "case when going then count else 0 end as count",
    replace: "0 as count",
    test: burst,
    says: "is decided once, however many replicas claim at once"
  },
  {
    name: "the digests of a wave all at once",
    file: "src/Burst.ts",
    find: "clock_timestamp() + part * ",
    replace: "clock_timestamp() + 0 * ",
    test: burst,
    says: "of thousands becomes several digests, one after the other"
  },
  {
    name: "a digest's rows chosen anew at each attempt",
    file: "src/Digest.ts",
    find: "const members = `o.digest = any(array(select id from digest))",
    replace: "const members = `o.burst = 'held' and exists (select from digest)",
    test: digest,
    says: "has the same identity and the same rows at every attempt, whatever comes meanwhile"
  },
  {
    name: "a digest under a new identity at each attempt",
    file: "src/Digest.ts",
    find: "    if (rows.length === 0) return yield* new NotBegun()",
    replace: "    yield* sql`update inquiries_mailer.outbox set id = gen_random_uuid() where id = ${id}::uuid`",
    test: digest,
    says: "has the same identity and the same rows at every attempt, whatever comes meanwhile"
  },
  {
    name: "only the first row of a digest is settled",
    file: "src/Digest.ts",
    find: "from inquiries_mailer.outbox o where ${sql.literal(members)}\n      ),\n      settled as (",
    replace: "from inquiries_mailer.outbox o where ${sql.literal(members)} limit 1\n      ),\n      settled as (",
    test: burst,
    says: "is mailed singly at first, and when its time is over the rest of it in one digest"
  },
  {
    name: "a row that is gone is settled as sent with its digest",
    file: "src/Digest.ts",
    find: "when ${told !== undefined}::boolean then 'gone'",
    replace: "when ${false}::boolean then 'gone'",
    test: digest,
    says: "settles rows that are gone as gone, and those whose key was taken as superseded"
  },
  {
    name: "a digest that somebody else holds is begun",
    file: "src/Digest.ts",
    find: "\n          and o.due_at > clock_timestamp()\n",
    replace: "\n",
    test: digest,
    says: "is begun by whoever holds it, and by nobody else"
  },
  {
    name: "a row that was parked with its digest goes nowhere when it is put back",
    file: "src/Parked.ts",
    find: ", burst = 'singly', digest = null`",
    replace: "`",
    test: digest,
    says: "that is parked leaves its rows parked, each to be put back singly"
  },
  {
    name: "one row parks a whole digest",
    file: "src/Decision.ts",
    find: "return notice.digest === true && !notice.maybeSent",
    replace: "return notice.digest === true && notice.digest !== true",
    test: decision,
    says: "splits one that was refused and surely never sent, because one row may be the cause"
  },
  {
    name: "a digest that may have been sent is split",
    file: "src/Decision.ts",
    find: "return notice.digest === true && !notice.maybeSent",
    replace: "return notice.digest === true",
    test: decision,
    says: "parks one that was refused and may have been sent before, because its Message-ID must stay"
  },
  {
    name: "a mail waits for ever for a begun mark that failed",
    file: "src/Compose.ts",
    find: "Deferred.fail(begun, gone)",
    replace: "Effect.void",
    test: "test/Compose.test.ts",
    says: "waits for no begun mark that failed"
  },
  {
    name: "a row that cannot be shown keeps its digest from being mailed",
    file: "src/template/digest.ts",
    find: "Result.getOrUndefined(Result.try(() => template(name)(row, context)))",
    replace: "template(name)(row, context)",
    test: "test/template/digest.test.ts",
    says: "shows a row by its key that its template cannot show"
  }
]
