// Mutants of what keeps a database mailed from: its trigger, waking, connections, supervision, and how it ends.
import type { Mutant } from "../Mutant.ts"

const monitor = "test/Monitor.test.ts"
const trouble = "test/integration/capture-trouble.test.ts"
const supervisor = "test/Supervisor.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "an INSERT fails with the outbox",
    file: "src/CaptureBody.ts",
    find: "exception when others then\n    waited :=",
    replace: "exception when no_data_found then\n    waited :=",
    test: trouble,
    says: "succeeds when the outbox is dropped"
  },
  {
    name: "an INSERT waits for the outbox",
    file: "src/Capture.ts",
    find: "set lock_timeout = '250ms' as",
    replace: "set lock_timeout = '2500ms' as",
    test: trouble,
    says: "succeeds within a second while another transaction locks the outbox"
  },
  {
    name: "notified where all poll",
    file: "src/CaptureBody.ts",
    find: 'wake === "poll"\n    ?',
    replace: "false\n    ?",
    test: "test/integration/capture-poll.test.ts",
    says: "captures and notifies nobody, and follows the setting"
  },
  {
    name: "a trigger that notifies nobody is not reported",
    file: "src/Trigger.ts",
    find: 'armed && !notifies && database.wake === "listen"',
    replace: "false",
    test: "test/Trigger.test.ts",
    says: "that notifies nobody is reported once"
  },
  {
    name: "LISTEN after the first claim",
    file: "src/Connection.ts",
    find: "const queue = yield* pinned.listen(channel)",
    replace: `const queue = yield* Queue.unbounded()
  yield* pinned.listen(channel).pipe(
    Effect.flatMap((late) => Effect.forever(Effect.flatMap(Queue.takeAll(late), (all) => Queue.offerAll(queue, all)))),
    Effect.delay("1 second"),
    Effect.forkScoped
  )`,
    test: "test/integration/connection.test.ts",
    says: "wakes, but not if it is another replica's proof"
  },
  {
    name: "notifications forgotten after a claim",
    file: "src/Monitor.ts",
    find: "yield* self.paused(claimed.pausedSince)",
    replace: "bell.still()\n    yield* self.paused(claimed.pausedSince)",
    test: monitor,
    says: "forgets notifications before a claim and never after"
  },
  {
    name: "next due time ignored",
    file: "src/Monitor.ts",
    find: "(claimed.untilDue ?? pollEvery)",
    replace: "pollEvery",
    test: monitor,
    says: "claims when the next notice comes due, and not before"
  },
  {
    name: "no safety poll",
    file: "src/Monitor.ts",
    find: "Duration.max(contention, Duration.min(due, pollEvery))",
    replace: "Duration.max(contention, due)",
    test: monitor,
    says: "claims every minute, though nobody notifies it"
  },
  {
    name: "claims though the mailbox is closed",
    file: "src/Monitor.ts",
    find: 'if (standing._tag === "Closed") {',
    replace: "if (false) {",
    test: monitor,
    says: "claims nothing while the mailbox is closed, one notice for a probe"
  },
  {
    name: "a probe of many mails",
    file: "src/Monitor.ts",
    find: "take(outbox.claim(1, 0)",
    replace: "take(outbox.claim(size, 0)",
    test: monitor,
    says: "claims nothing while the mailbox is closed, one notice for a probe"
  },
  {
    name: "a copy of the database is mailed from",
    file: "src/Monitor.ts",
    find: "yield* Identity.check\n",
    replace: "",
    test: "test/MonitorStart.test.ts",
    says: "mails nothing from a copy of another database"
  },
  {
    name: "a child that ended is not restarted",
    file: "src/Supervisor.ts",
    find: "yield* Effect.sleep(millis)\n    restarts++",
    replace: "yield* Effect.never",
    test: supervisor,
    says: "restarts a child that crashed"
  },
  {
    name: "a crash ends all children",
    file: "src/Supervisor.ts",
    find: "crashes++\n",
    replace: "return yield* Effect.failCause(cause)\n",
    test: supervisor,
    says: "restarts a child that crashed"
  },
  {
    name: "a child takes another's place",
    file: "src/Supervisor.ts",
    find: "      child.name,\n      keep(",
    replace: '      "child",\n      keep(',
    test: supervisor,
    says: "lets what happens to one child touch no other"
  },
  {
    name: "no quarantine",
    file: "src/Supervisor.ts",
    find: "crashes >= quarantineAfter",
    replace: "crashes < 0",
    test: supervisor,
    says: "quarantines a child at the eighth crash"
  },
  {
    name: "a shutdown does not wait for sends in flight",
    file: "src/Supervisor.ts",
    find: "yield* FiberMap.run(\n      fibers,\n      child.name,",
    replace:
      "yield* ((_: unknown, __: string, run: Effect.Effect<never>) => Effect.forkDetach(run))(\n      fibers,\n      child.name,",
    test: supervisor,
    says: "ends all children side by side with its scope, and each may finish"
  },
  {
    name: "outcomes are given up at once",
    file: "src/Supervisor.ts",
    find: "drainBudget = Duration.seconds(15)",
    replace: "drainBudget = Duration.zero",
    test: "test/SupervisorStates.test.ts",
    says: "tells its children 15 s after its end has begun"
  },
  {
    name: "an outcome is given up before the program ends",
    file: "src/Delivery.ts",
    find: "return Effect.raceFirst(Effect.interruptible(",
    replace: "return Effect.raceFirst(Effect.interruptible(Effect.void).pipe(Effect.as(false)), Effect.interruptible(",
    test: "test/Delivery.test.ts",
    says: "gives an outcome up only when the program has to end"
  }
]
