// A short chaos: one seed, a few of the faults of `npm run chaos`, judged as there.
import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { chaos } from "../../scripts/chaos/run.ts"

const only = [
  "every session",
  "the trigger disabled",
  "restarted (fast)",
  "2–15 s",
  "deployed",
  "504",
  "connection lost",
  "503",
  "tokens revoked"
]

describe("two workers on three databases", () => {
  it.live(
    "lose no row and double none without need while sessions, server, workers and Microsoft fail",
    () =>
      chaos({
        ...{ rows: 400, seed: 7, reconcile: "resend", cluster: false, seconds: 10, least: 1, only },
        ...{ logFile: undefined, print: () => Effect.void }
      }),
    180_000
  )
})

describe("three workers that share three databases", () => {
  it.live(
    "lose no row and double none without need while they fail, and the place where they meet",
    () =>
      chaos({
        ...{ rows: 400, seed: 11, reconcile: "resend", cluster: true, seconds: 10, least: 1 },
        ...{ only: ["worker killed", "2–15 s", "deployed", "the cluster's database"] },
        ...{ logFile: undefined, print: () => Effect.void }
      }),
    240_000
  )
})
