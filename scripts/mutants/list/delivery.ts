// Mutants of what becomes of one notice: its identity, its settlement, and what a failure, a doubt or a crash leads to.
import type { Mutant } from "../Mutant.ts"

const delivery = "test/Delivery.test.ts"
const decision = "test/Decision.test.ts"
const reconcile = "test/Reconcile.test.ts"
const batch = "test/Batch.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "Message-ID from the customer's key",
    file: "src/Letter.ts",
    find: "messageId: messageId(notice.id,",
    replace: "messageId: messageId(notice.key as typeof notice.id,",
    test: delivery,
    says: "marks the notice as begun, sends, and settles"
  },
  {
    name: "settlement not retried",
    file: "src/Delivery.ts",
    find: "\n    Effect.retry(settling),",
    replace: "",
    test: delivery,
    says: "goes on writing the outcome until the database takes it"
  },
  {
    name: "a settlement that fails is given up",
    file: "src/Delivery.ts",
    find: "Effect.andThen(self.ailing(outage), again(write, self))",
    replace: "Effect.as(self.ailing(outage), false)",
    test: delivery,
    says: "goes on writing the outcome until the database takes it"
  },
  {
    name: "a delivery can be interrupted",
    file: "src/Delivery.ts",
    find: "}, Effect.uninterruptible)",
    replace: "}, Effect.interruptible)",
    test: delivery,
    says: "settles what was sent although it was interrupted"
  },
  {
    name: "a resend is not marked as a duplicate",
    file: "src/Letter.ts",
    find: "maybeDuplicate: notice.maybeSent",
    replace: "maybeDuplicate: false",
    test: reconcile,
    says: "is sent again where that is chosen, marked in its headers"
  },
  {
    name: "a blocked mailbox spends an attempt",
    file: "src/Decision.ts",
    find: 'case "Blocked":\n      return { delay: undefined, spent: false,',
    replace: 'case "Blocked":\n      return { delay: undefined, spent: reason._tag === "Blocked",',
    test: decision,
    says: "a blocked mailbox spends no attempt"
  },
  {
    name: "a throttle spends an attempt",
    file: "src/Decision.ts",
    find: 'case "Blocked":\n      return { delay: undefined, spent: false,',
    replace: 'case "Blocked":\n      return { delay: undefined, spent: reason._tag === "Throttled",',
    test: decision,
    says: "a throttle spends no attempt"
  },
  {
    name: "nothing is ever given up",
    file: "src/Decision.ts",
    find: "Duration.sum(notice.waited, postponement.delay), patience)",
    replace: "Duration.sum(notice.waited, postponement.delay), Duration.infinity)",
    test: decision,
    says: "parks a notice after 72 hours of attempts"
  },
  {
    name: "an uncertain send counts as not sent",
    file: "src/Decision.ts",
    find: "...{ delay: backoff(notice.attempts, random), spent: true, maybeSent: true }",
    replace: "...{ delay: backoff(notice.attempts, random), spent: true, maybeSent: false }",
    test: decision,
    says: "an uncertain one may have been sent"
  },
  {
    name: "sent again before the third look",
    file: "src/Decision.ts",
    find: "const looks = notice.looks + 1",
    replace: "const looks = notice.looks + 2",
    test: decision,
    says: "looks three times, 30 s, 2 min and 5 min after the send"
  },
  {
    name: "a look that failed counts as one",
    file: "src/Decision.ts",
    find: "maybeSent: false, looks: notice.looks, detail",
    replace: "maybeSent: false, looks: notice.looks + 1, detail",
    test: decision,
    says: "waits, as the failure asks, counts no look, and never sends"
  },
  {
    name: "sent again where a look failed",
    file: "src/Reconcile.ts",
    find: "return because(decideUnsearched(notice, reason))",
    replace: "return undefined",
    test: reconcile,
    says: "that may not be looked for is never sent for that"
  },
  {
    name: "sent again though found in the mailbox",
    file: "src/Reconcile.ts",
    find: "if (found.success)",
    replace: "if (!found.success)",
    test: reconcile,
    says: "that is found in the mailbox is settled as sent"
  },
  {
    name: "sent again where it is to be parked",
    file: "src/Reconcile.ts",
    find: 'if (reconcile === "park")',
    replace: "if (false)",
    test: reconcile,
    says: "is parked where that is chosen, without a request"
  },
  {
    name: "crash limit ignored",
    file: "src/Reconcile.ts",
    find: "notice.crashes >= crashLimit",
    replace: "notice.crashes < 0",
    test: reconcile,
    says: "four times is tried once more, and after the fifth is parked"
  },
  {
    name: "a whole batch is put together while answers wait",
    file: "src/Batch.ts",
    find: "const aTurn = 4",
    replace: "const aTurn = 64",
    test: batch,
    says: "begins a few in each turn of the loop"
  },
  {
    name: "lease renewed only once",
    file: "src/Batch.ts",
    find: "Effect.repeat(renewal), ",
    replace: "",
    test: batch,
    says: "renews its claim every ten seconds"
  },
  {
    name: "an interrupted batch gives nothing back",
    file: "src/Batch.ts",
    find: "Exit.isSuccess(exit)\n",
    replace: "exit\n",
    test: batch,
    says: "that is interrupted lets what has begun settle"
  },
  {
    name: "suspects of a crash are sent beside others",
    file: "src/Batch.ts",
    find: "notices.filter(({ crashes }) => crashes === 0)",
    replace: "notices",
    test: batch,
    says: "delivers what may have ended a worker after everything else"
  }
]
