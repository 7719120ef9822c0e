// The claim that is left ahead, as its worker has it.
import type { Mutant } from "../Mutant.ts"

const taken = { file: "src/Ahead.ts", test: "test/integration/ahead.test.ts" }
const left = { file: "src/Ahead.ts", test: "test/integration/ahead-left.test.ts" }
const statement = { file: "src/AheadStatement.ts" }
const monitor = { file: "src/Monitor.ts", test: "test/MonitorAhead.test.ts" }
const line = "test/integration/ahead-line.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    ...{ name: "a mark from long ago is sent upon", ...taken, find: " && row.since < prompt", replace: "" },
    says: "when its mark is more than five seconds old"
  },
  {
    ...{
      name: "a mark is as young as the question",
      ...taken,
      find: "asked: asked - Math.max(0, row.since)",
      replace: "asked"
    },
    says: "has a mark that is as old as its INSERT"
  },
  {
    ...{ name: "what took a claim is begun though nothing may be", ...taken, find: " && free > 0", replace: "" },
    says: "when nothing may be begun"
  },
  {
    ...{ name: "what a pause keeps is mailed", ...taken, ...statement },
    find: "and not ${anyPaused} ",
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
    find: "c.claim = $2::uuid",
    replace: "$2::uuid is not null",
    says: "but not when somebody else has claimed it since"
  },
  {
    ...{ name: "what has taken a claim early is not known", ...taken },
    find: 'if (taker !== left()?.id) return "theirs"',
    replace: 'if (!planned || taker !== left()?.id) return "theirs"',
    says: "is known though the row was quicker than the answer"
  },
  {
    ...{ name: "what another worker's claim was taken by is claimed at once", ...taken },
    find: 'return "theirs"',
    replace: 'return "news"',
    says: "is news to a claim, unless a row has taken what was left"
  },
  {
    ...{ name: "what has taken a claim is not given back", ...left },
    find: "    yield* orOutage(sql.unsafe(giving, [id, claim]))\n",
    replace: "",
    says: "can be withdrawn"
  },
  {
    ...{ name: "a claim is forgotten while a row takes it", ...left },
    find: "    if (found?.busy === true) return false\n",
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
    ...{ name: "a claim grows old", ...left, find: "since - before.since < old", replace: "true" },
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
    find: "Effect.catchIf(isRefusal, ",
    replace: "Effect.catchIf(() => false, ",
    says: "nothing fails, and the log says once what to do"
  },
  {
    ...{ name: "a claim is left though a table is locked", ...taken },
    find: "Math.max(leavesFrom, now + rest)",
    replace: "leavesFrom",
    says: "when somebody has locked a table; and then none is left for a minute"
  },
  {
    ...{ name: "what a child has left is forgotten by the next", ...left },
    find: "  yield* withdraw\n",
    replace: "",
    says: "is withdrawn by the child that comes after one that could not"
  },
  {
    ...{ name: "nobody hears of what is given back", ...left, ...statement },
    find: "select pg_notify('${channel}', '{}') from given",
    replace: "select from given",
    says: "is told of when what has taken it is given back"
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
    ...{ name: "a backlog waits behind what has taken a claim", ...monitor },
    find: "      bell.ring()\n      continue",
    replace: "      continue",
    says: "goes on with a backlog behind what has taken it"
  },
  {
    ...{ name: "nobody looks after what another worker's claim was taken by", ...monitor },
    find: 'heard.has("theirs") ? alarm(theirs) : Effect.void',
    replace: "Effect.void",
    says: "claims two seconds after a row has taken another worker's"
  },
  {
    ...{ name: "a claim is left where a doubt costs more than a header", file: "src/Monitor.ts", test: line },
    find: ' && database.reconcile === "resend"',
    replace: "",
    says: "where a person decides about doubts"
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
    ...{ name: "a row that has taken a claim wakes nobody", ...monitor },
    find: '    else if (heard.has("ours")) bell.touch()\n',
    replace: "",
    says: "hears of a row that was quicker than the answer"
  },
  {
    ...{ name: "a row is begun that a burst has to be decided of", file: "src/Monitor.ts", test: line },
    find: "bursts.length === 0 && database",
    replace: "database",
    says: "where a burst is set up"
  }
]
