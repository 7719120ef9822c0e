// Mutants of what the operator is told unasked: alerts by mail, the end of a secret, and the daily receipt.
import type { Mutant } from "../Mutant.ts"

const mail = "test/Alert/Mail.test.ts"
const expiry = "test/Expiry.test.ts"
const day = "test/receipt/Day.test.ts"
const letter = "test/receipt/Letter.test.ts"
const counted = "test/integration/receipt.test.ts"
const replicas = "test/integration/receipt-replicas.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "an alert goes out by the credential that is in trouble",
    file: "src/Ways.ts",
    find: "    ...ways.filter(({ credential }) => credential !== own),\n",
    replace: "    ...ways,\n",
    test: mail,
    says: "goes out by another credential than that of its database"
  },
  {
    name: "a credential that is blocked is tried for an alert",
    file: "src/Ways.ts",
    find: 'if (standing._tag !== "Open") {',
    replace: 'if (standing._tag === "Closed") {',
    test: mail,
    says: "is not taken while the only credential is blocked"
  },
  {
    name: "alerts are mailed one by one",
    file: "src/Alert/Mail.ts",
    find: "yield* Effect.sleep(gathering)",
    replace: "yield* Effect.void",
    test: mail,
    says: "is one mail for what happens within moments"
  },
  {
    name: "the next step of a secret's end is no news",
    file: "src/IncidentBook.ts",
    find: "finding.kind === stepwise && finding.detail !== known.detail",
    replace: "finding.kind !== stepwise && finding.detail !== known.detail",
    test: expiry,
    says: "is told of once a step"
  },
  {
    name: "somebody is reminded of a secret's end every day",
    file: "src/IncidentBook.ts",
    find: "(remind && entry.finding.kind !== stepwise)",
    replace: "remind",
    test: expiry,
    says: "is told of once a step"
  },
  {
    name: "every day has 24 hours",
    file: "src/receipt/Day.ts",
    find: "to: instant(dateAt(now, timeZone, 1 - days), 0, 0, timeZone)",
    replace: "to: instant(dateAt(now, timeZone, -days), 0, 0, timeZone) + 86_400_000",
    test: day,
    says: "is at 2026-03-30T06:00:00Z about"
  },
  {
    name: "a difference is not the subject",
    file: "src/receipt/Letter.ts",
    find: "  missed + parked + waiting\n",
    replace: "  missed + parked\n",
    test: letter,
    says: "has a difference as its subject and its headline"
  },
  {
    name: "a time without zone is taken for UTC",
    file: "src/receipt/Written.ts",
    find: "at time zone $4::text)`",
    replace: "at time zone 'UTC')`",
    test: counted,
    says: "takes a day to begin and end by the clock of the zone"
  },
  {
    name: "an older notice for the same key counts",
    file: "src/receipt/Written.ts",
    find: "order by b.created_at desc limit 1",
    replace: "order by b.created_at limit 1",
    test: counted,
    says: "counts rows in their table, and says of each why it was not mailed"
  },
  {
    name: "a count that takes too long spoils the receipt",
    file: "src/receipt/Written.ts",
    find: '["57014", "55P03"]',
    replace: '["55P03"]',
    test: counted,
    says: "gives up a count that takes too long, and tells the rest"
  },
  {
    name: "a receipt that another worker holds is sent",
    file: "src/receipt/Claim.ts",
    find: "r.held_until <= clock_timestamp() or",
    replace: "true or",
    test: replicas,
    says: "one mails it after the other has died before it began"
  },
  {
    name: "a receipt that may have been sent is sent again unseen",
    file: "src/Receipt.ts",
    find: "claimed.begun && (yield* found(ways, mail))",
    replace: "claimed.begun && false",
    test: replicas,
    says: "the other finds in the mailbox what the first had sent"
  },
  {
    name: "only the database that was sent from knows of it",
    file: "src/receipt/Claims.ts",
    find: 'return { _tag: "Ours", held, begun }',
    replace: 'return { _tag: "Ours", held: [], begun }',
    test: replicas,
    says: "one mails the receipt, and none does again after a restart"
  }
]
