// Which row takes the claim that is left ahead; and that no row is lost by it, or waits for it.
import type { Mutant } from "../Mutant.ts"

const trigger = { file: "src/CaptureBody.ts", test: "test/integration/ahead-trigger.test.ts" }
const line = "test/integration/ahead-line.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    ...{ name: "two rows take one claim", ...trigger, find: "a set taken = true", replace: "a set taken = false" },
    says: "is the only one to take it"
  },
  {
    ...{ name: "a row waits for another that takes a claim", ...trigger },
    find: "for update skip locked",
    replace: "for update",
    says: "waits for nobody who may be taking it"
  },
  {
    ...{ name: "many rows take one claim", ...trigger },
    find: "count(*) = 1 and count(one.key) = 1",
    replace: "count(*) > 0",
    says: "is not taken by two rows at once"
  },
  {
    ...{ name: "a claim is taken in a transaction that somebody else's could fail", ...trigger },
    find: "and current_setting('transaction_isolation') = 'read committed'",
    replace: "and true",
    says: "is not taken by a transaction that repeats its reads"
  },
  {
    ...{ name: "a claim is taken of which nobody is notified", ...trigger, test: line },
    find: "'read committed' and ${mayNotify}",
    replace: "'read committed'",
    says: "takes no claim"
  },
  {
    ...{ name: "a claim outlives its worker", ...trigger },
    find: "\n            and not pg_try_advisory_xact_lock_shared(session)",
    replace: "",
    says: "is taken by nobody once the session of its worker has ended"
  },
  {
    ...{ name: "a claim is good for ever", ...trigger },
    find: " and good_until > clock_timestamp()",
    replace: "",
    says: "is taken by nobody once the session of its worker has ended, or its time is over"
  },
  {
    ...{ name: "a claim is taken under another name", ...trigger },
    find: "database_name = ${text(name)} and not taken",
    replace: "not taken",
    says: "is taken by no row of a table that is watched under another name"
  },
  {
    ...{ name: "a row is lost with the claims that are left ahead", ...trigger },
    find: "true);${captured(table, number)}",
    replace: "true);",
    says: "is captured when the claims that are left ahead are dropped"
  },
  {
    ...{ name: "an INSERT waits for two locks, one after the other", ...trigger },
    find: "waited := set_config('lock_timeout', '1', true);",
    replace: "waited := '';",
    says: "waits once for locks on the outbox and on the claims"
  }
]
