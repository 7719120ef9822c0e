import { assert, describe, it } from "@effect/vitest"
import { table } from "../../src/command/status.ts"
import { countLimit, type Counts } from "../../src/Counts.ts"

const counts: Counts = {
  source: "outbox",
  pausedSince: null,
  waiting: 3,
  uncertain: 1,
  oldestWaitingSeconds: 7_300,
  parked: { crashes: 1, rejected: 2 },
  sent: 41,
  gone: 0,
  lastSentAt: "2026-11-24T14:03:05Z",
  recent: [{ table: "public.inquiries", key: "42", outcome: "sent", at: "2026-11-24T14:03:05Z" }]
}

describe("the table that status prints", () => {
  it("has a line a database, in columns, and below them what was parked, for how long it is paused, and why one is not known", () => {
    const text = table(
      [
        { database: "autos", ...counts },
        {
          ...{ database: "quotes", ...counts, parked: {}, oldestWaitingSeconds: null },
          pausedSince: "2026-11-24T13:00:00Z"
        },
        { database: "x", unknown: "nothing accepts connections" }
      ],
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

  it("says of a count at its limit that it may be more, and shows what was mailed last where one is asked for", () => {
    const text = table([{ database: "autos", ...counts, waiting: countLimit }], true)
    assert.include(text, "10000 or more")
    assert.include(text, "autos: 2026-11-24T14:03:05Z public.inquiries #42 sent")
  })
})
