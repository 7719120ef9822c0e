import { assert, describe, it } from "@effect/vitest"
import { table } from "../../src/command/statusTable.ts"
import { countLimit, type Counts } from "../../src/Counts.ts"
import type { DatabaseStatus, StatusDocument } from "../../src/StatusDocument.ts"

const counts: Counts = {
  source: "outbox",
  pausedSince: null,
  waiting: 3,
  held: 0,
  uncertain: 1,
  oldestWaitingSeconds: 7_300,
  parked: { crashes: 1, rejected: 2 },
  sent: 41,
  gone: 0,
  lastSentAt: "2026-11-24T14:03:05Z",
  recent: [{ table: "public.inquiries", key: "42", outcome: "sent", at: "2026-11-24T14:03:05Z" }]
}

const standing = (name: string, overrides: Partial<DatabaseStatus>): DatabaseStatus => ({
  ...{ name, condition: "unknown", state: "unknown", reason: null, since: null, nextAttempt: null },
  ...{ crashes: null, restarts: null, mailbox: null, runBy: null, counts },
  ...overrides
})
const of = (worker: StatusDocument["worker"], ...databases: ReadonlyArray<DatabaseStatus>): StatusDocument => ({
  ...{ worker, time: "2026-11-24T14:04:00Z", condition: "unknown", cluster: null, databases }
})
const worker = { version: "1.0.0", startedAt: "2026-11-24T08:00:00Z" }

describe("the table that status prints", () => {
  it("has a line a database, in columns, and below them what was parked, for how long it is paused, and why one is not known", () => {
    const pausedSince = "2026-11-24T13:00:00Z"
    const text = table(
      of(
        null,
        standing("autos", {}),
        standing("quotes", {
          state: "paused",
          counts: { ...counts, parked: {}, oldestWaitingSeconds: null, pausedSince }
        }),
        standing("x", { counts: null, reason: "nothing accepts connections" })
      ),
      false
    )
    assert.deepStrictEqual(text.split("\n"), [
      "database  state       waiting  oldest  uncertain  parked  sent 24 h  gone 24 h  last mail",
      "autos     not paused  3        2 h     1          3       41         0          2026-11-24T14:03:05Z",
      "quotes    paused      3        -       1          0       41         0          2026-11-24T14:03:05Z",
      "x         not known   -        -       -          -       -          -          -",
      "autos: parked: 1 crashes, 2 rejected; see `inquiries-mailer parked list`",
      "quotes: paused since 2026-11-24T13:00:00Z; `inquiries-mailer resume` ends it",
      "x: nothing accepts connections"
    ])
  })

  it("shows what a running worker knows: since when and why, the next attempt, and how the mailbox stands", () => {
    const since = "2026-11-24T14:00:00Z"
    const away = { state: "waiting", reason: "nothing accepts connections", since, counts: null } as const
    const blocked = { standing: "blocked", reason: "AADSTS7000222", nextAttempt: "2026-11-24T14:05:00Z" } as const
    const text = table(
      of(
        worker,
        standing("autos", { state: "listening", mailbox: blocked, counts: { ...counts, parked: {} } }),
        standing("away", { ...away, nextAttempt: "2026-11-24T14:04:30Z" })
      ),
      false
    )
    assert.deepStrictEqual(text.split("\n").slice(1), [
      "autos     listening  3        2 h     1          0       41         0          2026-11-24T14:03:05Z",
      "away      waiting    -        -       -          -       -          -          -",
      "autos: its mailbox is blocked: AADSTS7000222; next attempt at 2026-11-24T14:05:00Z",
      "away: since 2026-11-24T14:00:00Z: nothing accepts connections; next attempt at 2026-11-24T14:04:30Z"
    ])
  })

  it("says of a count at its limit that it may be more, and shows what was mailed last where one is asked for", () => {
    const text = table(of(null, standing("autos", { counts: { ...counts, waiting: countLimit } })), true)
    assert.include(text, "10000 or more")
    assert.include(text, "autos: 2026-11-24T14:03:05Z public.inquiries #42 sent")
  })
})
