// What a cluster of many processes would do, simulated on the plan itself: how even the shares are, how much moves when a
// process comes or goes, and how long the rows of one that was killed wait. `npm run cluster -- --seed N`.
import { parseArgs } from "node:util"
import { plan } from "../src/fleet/Plan.ts"

const { values } = parseArgs({ options: { seed: { type: "string", default: "1" } } })

/** Of `src/Fleet.ts` and `src/fleet/SqlStore.ts`. */
const [interval, expiry] = [1_000, 6_000]

let state = Number(values.seed) >>> 0
const random = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 2 ** 32
}

const cases = [
  [12, 3, 1],
  [100, 3, 1],
  [1_000, 10, 1],
  [5_000, 50, 1],
  [5_000, 50, 4]
] as const

/** From a kill until the last of its databases is taken: its last heartbeat was up to a turn ago, each looks once a turn. */
const takeover = (survivors: number): number => {
  const silentSince = -random() * interval
  const turns = Array.from({ length: survivors }, () => random() * interval)
  return Math.max(...turns.map((turn) => turn + Math.ceil((silentSince + expiry - turn) / interval) * interval))
}

const rows = cases.map(([databases, processes, each]) => {
  const knows = new Map(
    Array.from({ length: databases / each }, (_, mailbox) => [
      `mailbox ${mailbox} of ${values.seed}`,
      Array.from({ length: each }, (_, number) => `${mailbox}.${number}`)
    ])
  )
  const members = Array.from({ length: processes + 1 }, (_, index) => ({ id: `worker-${index}:${random()}`, knows }))
  const there = members.slice(0, processes)
  const began = performance.now()
  const planned = plan(there)
  const took = performance.now() - began
  const share = new Map(there.map(({ id }) => [id, 0]))
  for (const id of planned.values()) share.set(id, (share.get(id) ?? 0) + each)
  const moved = (after: ReadonlyMap<string, string>) =>
    each * [...planned].filter(([key, id]) => after.get(key) !== id).length
  const waits = Array.from({ length: 1_000 }, () => takeover(processes - 1)).toSorted((a, b) => a - b)
  const seconds = (quantile: number) => `${((waits[Math.floor(quantile * 999)] ?? 0) / 1_000).toFixed(1)} s`
  return {
    databases,
    processes,
    "a mailbox": each,
    least: Math.min(...share.values()),
    most: Math.max(...share.values()),
    "moved, one joins": moved(plan(members)),
    "moved, one goes": moved(plan(there.slice(1))),
    "taken over, median": seconds(0.5),
    "taken over, worst": seconds(1),
    "a plan": `${took.toFixed(0)} ms`,
    "heartbeats/s": processes * (1_000 / interval)
  }
})

console.table(rows)
