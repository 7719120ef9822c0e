// The claim that is left ahead: no row may be lost by it, taken twice, or wait for it.
import type { Mutant } from "../Mutant.ts"

const trigger = { file: "src/CaptureBody.ts", test: "test/integration/ahead-trigger.test.ts" }
const taken = { file: "src/Ahead.ts", test: "test/integration/ahead.test.ts" }
const left = { file: "src/Ahead.ts", test: "test/integration/ahead-left.test.ts" }
const statement = { file: "src/AheadStatement.ts" }
const monitor = { file: "src/Monitor.ts", test: "test/MonitorAhead.test.ts" }
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
    find: "if ahead is null or (ahead and sqlstate <> '55P03') then",
    replace: "if false then",
    says: "is captured when the claims that are left ahead are dropped"
  },
  {
    ...{ name: "a mark from long ago is sent upon", ...taken, find: " && row.since < prompt", replace: "" },
    says: "when its mark is more than five seconds old"
  },
  {
    ...{ name: "a mark is as young as the question", ...taken, find: "asked: asked - row.since", replace: "asked" },
    says: "has a mark that is as old as its INSERT"
  },
  {
    ...{ name: "what took a claim is begun though nothing may be", ...taken, find: " && free > 0", replace: "" },
    says: "when nothing may be begun"
  },
  {
    ...{ name: "what a pause keeps is mailed", ...taken, ...statement },
    find: "and not exists (select from inquiries_mailer.pauses) ",
    replace: "",
    says: "when its database is paused"
  },
  {
    ...{ name: "a row whose key has another notice is mailed", ...taken, ...statement },
    find: " and not ${hasTwin}",
    replace: "",
    says: "when another notice of its key waits"
  },
  {
    ...{ name: "a row of a table that is not watched is mailed", ...taken, ...statement },
    find: "c.table_number = any($3::integer[]) and ",
    replace: "",
    says: "when its table is no longer watched"
  },
  {
    ...{ name: "what somebody else has claimed since is mailed", ...taken, ...statement },
    find: "c.claim = $2::uuid and ",
    replace: "",
    says: "but not when somebody else has claimed it since"
  },
  {
    ...{ name: "what has taken a claim early is forgotten", ...taken },
    find: "if (taker !== undefined) heard",
    replace: "if (taker !== undefined && left !== undefined) heard",
    says: "is known though the row was quicker than the answer"
  },
  {
    ...{ name: "what is not one's own is no news", ...taken },
    find: "taker === undefined || taker !== left?.id",
    replace: "taker === undefined",
    says: "is news to a claim, but for a row that has taken what was left"
  },
  {
    ...{ name: "what has taken a claim is not given back", ...left },
    find: "    yield* outbox.release([{ id, claim, begun: { asked: 0, taken: false } }])\n",
    replace: "",
    says: "can be withdrawn"
  },
  {
    ...{ name: "a claim is forgotten while a row takes it", ...left },
    find: "    if (answer?.busy !== false) return false\n",
    replace: "",
    says: "is not left anew while a transaction that has taken it is not over"
  },
  {
    ...{ name: "nobody waits at the end for a row that takes a claim", ...left },
    find: "      Effect.repeat({ until: (done) => done, schedule: Schedule.spaced(look) }),\n",
    replace: "",
    says: "is withdrawn at the end"
  },
  {
    ...{ name: "a claim grows old", ...left, find: "since - left.since < old", replace: "true" },
    says: "is left once, and anew when it is two minutes old"
  },
  {
    ...{ name: "a worker takes another's claim away", ...left, ...statement },
    find: "(taken or good_until <= clock_timestamp()",
    replace: "(true or good_until <= clock_timestamp()",
    says: "is one worker's"
  },
  {
    ...{ name: "nothing is mailed where no claim can be left", ...left },
    find: "Effect.catchIf(asked, refused, unable)",
    replace: "asked",
    says: "nothing fails, and the log says once what to do"
  },
  {
    ...{ name: "a claim is left for a mailbox that is closed", ...monitor },
    find: '    if (standing._tag !== "Open") yield* ahead.withdraw\n',
    replace: "",
    says: "withdraws it before it waits for its mailbox"
  },
  {
    ...{ name: "what else was notified waits", ...monitor },
    find: "if (lone && notices.length > 0) {",
    replace: "if (notices.length > 0) {",
    says: "claims as well when something else was notified, too"
  },
  {
    ...{ name: "what was given back waits", ...monitor },
    find: "if (lone && notices.length > 0) {",
    replace: "if (lone) {",
    says: "claims when what has taken it cannot be mailed as it is"
  },
  {
    ...{ name: "a claim is left while something is in hand", ...monitor, find: "!hand.isEmpty || ", replace: "" },
    says: "leaves none while something is in hand"
  },
  {
    ...{ name: "a claim is left where nothing may be begun", ...monitor },
    find: " || (yield* mailer.places).free === 0) return",
    replace: ") return",
    says: "leaves none while something is in hand, has been notified, or nothing may be begun"
  },
  {
    ...{ name: "a row is not noticed that was quicker than the answer", ...monitor },
    find: "    yield* ahead.leave\n    if (ahead.isTaken()) bell.touch()\n",
    replace: "    yield* ahead.leave\n",
    says: "hears of a row that was quicker than the answer"
  },
  {
    ...{ name: "a row is begun that a burst has to be decided of", file: "src/Monitor.ts", test: line },
    find: "bursts.length === 0 && within",
    replace: "within",
    says: "where a burst is set up"
  }
]
