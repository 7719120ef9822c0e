// What was measured of many databases in one worker, for a person, and the bars that it is held to.
import type * as WatchedWorker from "./watchedWorker.ts"

const bars = { seconds: 20, delay: 50, memory: 300, cpu: 0.05, connections: 2, notified: 3_000 }

export interface Measured {
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
  readonly notified: { readonly last: number; readonly delays: WatchedWorker.LoopDelays }
  readonly memory: number
}

export const show = ({ answers, idle, memory, notified, started }: Measured): string =>
  [
    `  listening to all: ${started.seconds.toFixed(1)} s, ${started.connects} connects, at most ${started.atOnce} on their way at once`,
    `  delay of the event loop until then: p99 ${started.delays.p99.toFixed(0)} ms, at most ${started.delays.max.toFixed(0)} ms`,
    `  /api/status ${answers.status.toFixed(0)} ms, /metrics ${answers.metrics.toFixed(0)} ms`,
    ...(idle === undefined
      ? []
      : [
          `  at rest: ${(idle.cpu * 100).toFixed(1)} % of a core, ${idle.connections.toFixed(2)} connections a database, at most ${idle.most}, ${idle.connects} connects`
        ]),
    `  a row in each at the same moment: all mailed after ${notified.last.toFixed(0)} ms, delay of the event loop at most ${notified.delays.max.toFixed(0)} ms`,
    `  memory at its peak: ${memory.toFixed(0)} MB`
  ].join("\n")

export const missed = ({ idle, memory, notified, started }: Measured): ReadonlyArray<string> =>
  [
    started.seconds > bars.seconds && `not listening to all after ${bars.seconds} s`,
    started.delays.p99 > bars.delay && `the event loop was later than ${bars.delay} ms`,
    memory > bars.memory && `more than ${bars.memory} MB`,
    idle !== undefined && idle.cpu > bars.cpu && `more than ${bars.cpu} of a core at rest`,
    idle !== undefined &&
      idle.most > bars.connections &&
      `more than ${bars.connections} connections to one database at rest`,
    notified.last > bars.notified && `a row in each was not mailed within ${bars.notified} ms`
  ].filter((fault) => fault !== false)
