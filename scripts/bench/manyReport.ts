// What was measured of many databases in one worker: for a person, and for the bars that it is held to.
import { type Findings, ratio } from "./bars.ts"
import { cells } from "./report.ts"
import type * as WatchedWorker from "./watchedWorker.ts"

export interface Measured {
  readonly count: number
  /** Seconds. */
  readonly bare: number
  readonly started: {
    readonly seconds: number
    readonly connects: number
    readonly atOnce: number
    readonly delays: WatchedWorker.LoopDelays
  }
  readonly answers: { readonly status: number; readonly metrics: number }
  readonly idle:
    | { readonly cpu: number; readonly connections: number; readonly most: number; readonly connects: number }
    | undefined
  /** The first row in each since the start, and the next: sessions have read their catalogs then. */
  readonly first: { readonly last: number }
  readonly notified: { readonly last: number; readonly delays: WatchedWorker.LoopDelays }
  readonly memory: number
}

/** One line a number of databases; in brackets, how many times the bare connects it took to listen to all. */
export const curve = (all: ReadonlyArray<Measured>): string =>
  [
    cells([
      "databases",
      "bare connects",
      "listening to all",
      "memory",
      "idle CPU",
      "connections each",
      "first row",
      "row in each"
    ]),
    cells(Array.from({ length: 8 }, () => "--:")),
    ...all.map(({ bare, count, first, idle, memory, notified, started }) =>
      cells([
        String(count),
        `${bare.toFixed(1)} s`,
        `${started.seconds.toFixed(1)} s (${(started.seconds / bare).toFixed(1)})`,
        `${memory.toFixed(0)} MB`,
        idle === undefined ? "" : `${(idle.cpu * 100).toFixed(1)} %`,
        idle === undefined ? "" : `${idle.connections.toFixed(2)}, at most ${idle.most}`,
        `${(first.last / 1_000).toFixed(1)} s`,
        `${(notified.last / 1_000).toFixed(1)} s`
      ])
    )
  ].join("\n")

export const show = ({ answers, bare, first, idle, memory, notified, started }: Measured): string =>
  [
    `  bare connects to all, by a script: ${bare.toFixed(1)} s`,
    `  listening to all: ${started.seconds.toFixed(1)} s, ${(started.seconds / bare).toFixed(1)} times that, ${started.connects} connects, at most ${started.atOnce} on their way at once`,
    `  delay of the event loop until then: p99 ${started.delays.p99.toFixed(0)} ms, at most ${started.delays.max.toFixed(0)} ms`,
    `  /api/status ${answers.status.toFixed(0)} ms, /metrics ${answers.metrics.toFixed(0)} ms`,
    ...(idle === undefined
      ? []
      : [
          `  at rest: ${(idle.cpu * 100).toFixed(1)} % of a core, ${idle.connections.toFixed(2)} connections a database, at most ${idle.most}, ${idle.connects} connects`
        ]),
    `  the first row in each at the same moment: all mailed after ${first.last.toFixed(0)} ms`,
    `  the next row in each at the same moment: all mailed after ${notified.last.toFixed(0)} ms, delay of the event loop at most ${notified.delays.max.toFixed(0)} ms`,
    `  memory at its peak: ${memory.toFixed(0)} MB`
  ].join("\n")

/** `some` is the same with a tenth of them unreachable: what that costs each of the others, to be listened to and to be mailed. */
export const findings = (all: Measured | undefined, some: Measured): Findings => {
  if (all === undefined) return {}
  const { count, idle, memory, notified, started } = all
  return {
    manySeconds: started.seconds,
    manyConnects: started.atOnce,
    manyDelay: started.delays.p99,
    manyMegabytes: memory,
    ...(idle !== undefined && { manyIdle: idle.cpu, manyEach: idle.connections, manyMost: idle.most }),
    manyRow: notified.last / 1_000,
    manyAway: Math.max(
      ratio(some.started.seconds / some.count, started.seconds / count),
      ratio(some.notified.last / some.count, notified.last / count)
    )
  }
}
