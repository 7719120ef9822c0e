// Whether each database is this process's to run now: a signal that its child obeys, and what the child tells back. The
// child outlives what it runs: a monitor ends when the database goes to another process, and begins when it comes back.
import { Duration, Effect, Latch } from "effect"
import * as Metrics from "../Metrics.ts"
import { Outage, type Self } from "../State.ts"

/** What another process has taken over is finished here, but a database that does not answer keeps nobody waiting. */
const patience = Duration.seconds(15)
/** Until then a start is only a start. */
const startsFor = Duration.seconds(5)

const nothing: Metrics.Backlog = { waiting: 0, age: 0, parked: 0 }

export type Slots = ReturnType<typeof make>

/** `moved` is told when something that ran has ended. */
export const make = (names: ReadonlyArray<string>, moved: () => void) => {
  const slots = new Map(
    names.map((name) => [name, { own: Latch.makeUnsafe(false), lost: Latch.makeUnsafe(true), running: false }])
  )
  const heard = Latch.makeUnsafe(false)
  const silent = new Outage({
    state: "waiting",
    reason: "the cluster's database does not answer, and until it does nobody knows whether another worker mails this"
  })

  /** Runs the child whenever the database is this process's, for ever. */
  const whileOwn = Effect.fnUntraced(function* (
    name: string,
    self: Self,
    run: (self: Self) => Effect.Effect<never, Outage>
  ) {
    const slot = slots.get(name)
    // Not shared.
    if (slot === undefined) return yield* run(self)
    const { lost, own } = slot
    const givenUp = Effect.raceFirst(self.givenUp, Effect.andThen(lost.await, Effect.sleep(patience)))
    while (true) {
      yield* Effect.timeoutOption(heard.await, startsFor)
      if (!heard.isOpen()) yield* self.ailing(silent)
      yield* heard.await
      // What this process knew of its backlog is true no longer, and another one tells.
      if (!own.isOpen()) yield* Effect.andThen(Metrics.setBacklog(name, nothing), self.elsewhere)
      yield* own.await
      slot.running = true
      yield* Effect.raceFirst(run({ ...self, givenUp }), lost.await).pipe(
        Effect.ensuring(
          Effect.sync(() => {
            slot.running = false
            moved()
          })
        )
      )
    }
  })

  return {
    whileOwn,
    /** From now on the databases that are not this process's are another's. */
    hear: () => void heard.openUnsafe(),
    /** These and no others are this process's. */
    assign: (owned: ReadonlySet<string>) => {
      for (const [name, { lost, own }] of slots) {
        const [opened, closed] = owned.has(name) ? [own, lost] : [lost, own]
        closed.closeUnsafe()
        opened.openUnsafe()
      }
    },
    isRunning: (name: string): boolean => slots.get(name)?.running === true
  }
}
