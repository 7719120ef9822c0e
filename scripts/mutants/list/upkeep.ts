// Mutants of the sweep, of pruning, of who may mail from an outbox, and of life without one.
import type { Mutant } from "../Mutant.ts"

const sweep = "test/integration/sweep.test.ts"
const prune = "test/integration/prune.test.ts"
const identity = "test/integration/identity.test.ts"
const ledger = "test/Ledger.test.ts"
const catchUp = "test/integration/catchUp.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "sweep without watermark",
    file: "src/Sweep.ts",
    find: "where ${from} and ${zoneUsed}",
    replace: "where (true or ${from}) and ${zoneUsed}",
    test: sweep,
    says: "finds once what a disabled trigger missed, and never what migrate found there"
  },
  {
    name: "the sweep's fuse ignored",
    file: "src/Sweep.ts",
    find: "count > fuse)",
    replace: "count < 0)",
    test: sweep,
    says: "mails none of more than twenty, until it is approved"
  },
  {
    name: "the watermark passes an open transaction",
    file: "src/Sweep.ts",
    find: "coalesce(pg_snapshot_xmin(pg_current_snapshot()) >= swept_horizon, false)",
    replace: "true",
    test: sweep,
    says: "goes past no row while a transaction that may hold a lower key is open"
  },
  {
    name: "two sweeps of a table at once",
    file: "src/Sweep.ts",
    find: "if (locked?.free !== true)",
    replace: "if (false)",
    test: sweep,
    says: "by one of several workers at once, and a row gets one notice"
  },
  {
    name: "what was dismissed is mailed",
    file: "src/Sweep.ts",
    find: 'decision === "dismiss" ? "dismissed" : ""',
    replace: '""',
    test: sweep,
    says: "passes over what was dismissed, for ever"
  },
  {
    name: "the watermark begins at zero",
    file: "src/Watermark.ts",
    find: "coalesce(max(${order.at}), '-9223372036854775808'::bigint)::text",
    replace: "coalesce(min(${order.at}) - 1, '-9223372036854775808'::bigint)::text",
    test: sweep,
    says: "finds once what a disabled trigger missed, and never what migrate found there"
  },
  {
    name: "prune above the watermark",
    file: "src/Prune.ts",
    find: "\n            and ${sql.literal(prunable)}",
    replace: "",
    test: prune,
    says: "keeps what the sweep still needs"
  },
  {
    name: "prune of what a late row may ask for",
    file: "src/Watermark.ts",
    find: "t.swept_through::timestamptz - 2 * ${overlap}",
    replace: "t.swept_through::timestamptz - ${overlap}",
    test: prune,
    says: "keeps what the sweep still needs"
  },
  {
    name: "prune of what is back in the queue",
    file: "src/Prune.ts",
    find: "::integer and outcome is not null",
    replace: "::integer",
    test: prune,
    says: "deletes what was settled before the retention"
  },
  {
    name: "prune of what somebody is changing",
    file: "src/Prune.ts",
    find: " for update skip locked",
    replace: "",
    test: prune,
    says: "passes over a notice that somebody is putting back"
  },
  {
    name: "the retention ignored",
    file: "src/Prune.ts",
    find: "settled_at < now() -",
    replace: "settled_at < now() + 0 *",
    test: prune,
    says: "deletes what was settled before the retention"
  },
  {
    name: "a copy looks like its original",
    file: "src/Identity.ts",
    find: "there[mark] !== now[mark]",
    replace: "false",
    test: identity,
    says: "is known by any mark that both sides could read"
  },
  {
    name: "an adopted copy mails what the original had",
    file: "src/Identity.ts",
    find: "const parking = `${named}, outcome = 'parked',",
    replace: "const parking = `${named}, outcome = outcome,",
    test: identity,
    says: "is blocked, refuses a plain migrate, and mails after --adopt"
  },
  {
    name: "notified twice, mailed twice",
    file: "src/Ledger.ts",
    find: "if (keysOf(table).has(key)) return",
    replace: "",
    test: ledger,
    says: "hands out a row once, oldest first, and never again"
  },
  {
    name: "no grace in memory",
    file: "src/Ledger.ts",
    find: "dueAt: now + lease + grace",
    replace: "dueAt: now + lease",
    test: ledger,
    says: "what a crash left begun only after its grace"
  },
  {
    name: "begun in memory under an ended lease",
    file: "src/Ledger.ts",
    find: " || entry.dueAt <= now) return",
    replace: ") return",
    test: ledger,
    says: "lets nobody begin with a lease that ended"
  },
  {
    name: "release in memory gives back what is begun",
    file: "src/Ledger.ts",
    find: "claimed && !begun)",
    replace: "claimed)",
    test: ledger,
    says: "takes back what was claimed and not begun"
  },
  {
    name: "sent under a lost claim is forgotten in memory",
    file: "src/Ledger.ts",
    find: ' || outcome === "sent") entries',
    replace: ") entries",
    test: ledger,
    says: "lets who lost a claim write that it was sent, and nothing else"
  },
  {
    name: "any claim counts in memory",
    file: "src/Ledger.ts",
    find: "return entry?.notice.claim === claim ? entry : undefined",
    replace: "return claim === undefined ? undefined : entry",
    test: ledger,
    says: "lets who lost a claim write that it was sent, and nothing else"
  },
  {
    name: "looks in memory are never given up",
    file: "src/Ledger.ts",
    find: "(spent || looks !== undefined) && delay",
    replace: "spent && delay",
    test: ledger,
    says: "counts looks without an attempt, and their wait"
  },
  {
    name: "what was there is mailed",
    file: "src/CatchUp.ts",
    find: "ledger.remember(table.number, key)",
    replace: "void key",
    test: catchUp,
    says: "by key finds what came since, in pages, and nothing that was there"
  },
  {
    name: "no overlap for keys that commit late",
    file: "src/CatchUp.ts",
    find: "keys: 1_000,",
    replace: "keys: 0,",
    test: catchUp,
    says: "by key finds a row that took its key before and came late"
  },
  {
    name: "no overlap for times that commit late",
    file: "src/CatchUp.ts",
    find: 'time: "1 hour"',
    replace: 'time: "0 hours"',
    test: catchUp,
    says: "by time, of type timestamptz, finds what came since"
  }
]
