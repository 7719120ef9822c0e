// One run: the schedule and the rows, the drain, the verdict. Fails if a promise was broken, if a fault never hit a send,
// or if a process outlives it.
import { Clock, Deferred, Effect, Fiber, Random } from "effect"
import * as Arena from "./Arena.ts"
import { drain } from "./Drain.ts"
import { until } from "./Fault.ts"
import { fill, Forms } from "./Forms.ts"
import { table } from "./report.ts"
import { Firings, names, type Plan, run as runSchedule } from "./Schedule.ts"
import { survivors } from "./survivors.ts"
import { digestsIn, type Evidence, judge } from "./verdict.ts"
import * as Witness from "./Witness.ts"

export interface Options extends Plan, Arena.Options {
  /** At least so many are inserted. */
  readonly rows: number
  readonly print: (line: string) => Effect.Effect<void>
}

const progressEvery = "10 seconds"

const clock = (millis: number) =>
  `${Math.floor(millis / 60_000)}:${String(Math.floor(millis / 1000) % 60).padStart(2, "0")}`

/** What a run showed; everything that it started has ended or is about to, with the scope. */
const perform = Effect.fnUntraced(function* (options: Options) {
  const startedAt = yield* Clock.currentTimeMillis
  const say = (line: string) => options.print(`${clock(Date.now() - startedAt)}  ${line}`)
  yield* say(`seed ${options.seed}, reconcile ${options.reconcile}: starting PostgreSQL, three databases, two workers`)
  const arena = yield* Arena.open(options).pipe(Random.withSeed(`${options.seed} arena`))
  const forms = new Forms()
  const firings = new Firings()
  const faults = names(arena, forms, options)
  yield* say(`${faults.length} faults for about ${options.seconds} s, while ${options.rows} rows are inserted`)
  const progress = Effect.suspend(() => {
    const hits = firings.list.filter(({ hit }) => hit).length
    return say(
      `${forms.count} rows inserted, ${arena.arrived.size} mailed, ${hits} faults so far, ${firings.underWay} being healed from`
    )
  })
  yield* Effect.forkScoped(Effect.forever(Effect.delay(progress, progressEvery)))

  const enough = yield* Deferred.make<void>()
  const filling = yield* Effect.forEach(arena.places, (place) =>
    Effect.forkScoped(
      fill(forms, place, Math.ceil(options.rows / 3), options.seconds, enough).pipe(
        Random.withSeed(`${options.seed} ${place.name}`)
      )
    )
  )
  yield* runSchedule(arena, forms, options, firings)
  yield* Deferred.succeed(enough, undefined)
  yield* say("the faults are over: the rest of the rows is inserted, both workers are deployed")
  yield* Effect.forEach(filling, Fiber.join)
  const end = yield* drain(arena, forms, options.reconcile, say)
  // They only have to see it.
  yield* until(() => firings.underWay === 0, 100).pipe(Effect.timeoutOption("5 seconds"))
  const rows = new Map(arena.places.map(({ name }) => [name, 0]))
  for (const { database } of end.committed.values()) rows.set(database, (rows.get(database) ?? 0) + 1)
  const { witness } = arena
  if (arena.problems.length === 0) yield* Witness.finish(witness, arena.ports, rows)
  witness.judgeAlerts(
    firings.hits("wrong secret, later put right") > 0,
    arena.places.flatMap(({ credential, password }) => [credential.clientSecret, password])
  )
  const evidence: Evidence = {
    ...end,
    reconcile: options.reconcile,
    acknowledged: forms.acknowledged.keys(),
    arrivals: arena.arrivals,
    sends: arena.standIn.sends,
    firings: firings.list,
    said: arena.log.sent,
    unwritten: arena.log.unwritten
  }
  const verdict = judge(evidence)
  const digests = [...digestsIn(evidence.arrivals).values()]
  yield* options.print(`\n${table(evidence, verdict, faults)}\n`)
  yield* say(unclearSends(evidence))
  yield* say(digested(digests))
  yield* say(witness.summary())
  yield* Effect.forEach(verdict.stories, options.print, { discard: true })
  const seldom = faults.filter((name) => firings.hits(name) < options.least)
  return {
    arena,
    failures: [
      ...verdict.failures,
      ...arena.problems,
      ...witness.problems,
      ...(digests.length === 0 ? ["no digest was mailed"] : []),
      ...seldom.map((name) => `"${name}" hit sends only ${firings.hits(name)} times of ${options.least}`)
    ]
  }
})

const digested = (digests: ReadonlyArray<ReadonlyArray<string>>) => {
  const rows = digests.reduce((sum, [first = ""]) => sum + first.split(" ").length, 0)
  return `${digests.length} digests told of ${rows} rows, ${digests.filter(({ length }) => length > 1).length} of them came again`
}

const unclearSends = ({ sends }: Evidence) => {
  const open = sends.filter(({ fault }) => fault !== undefined && !isRefusal(fault))
  const taken = open.filter(({ accepted }) => accepted).length
  return `${open.length} sends had no clear outcome, ${open.length - taken} of them were not accepted`
}

/** Answers that say that surely nothing was sent. */
const isRefusal = (fault: unknown) =>
  typeof fault === "object" && fault !== null && "status" in fault && (fault.status === 429 || fault.status === 503)

/** Runs it. Fails with every reason why it did not hold. */
export const chaos = Effect.fn("chaos")(function* (options: Options) {
  const { arena, failures } = yield* Effect.scoped(perform(options))
  const left = survivors(arena.pids, arena.server.directory)
  const all = [...failures, ...(left.length > 0 ? [`processes outlive it: ${left.join(", ")}`] : [])]
  if (all.length > 0) return yield* Effect.fail(all.join("\n  "))
})
