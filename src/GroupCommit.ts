// Group commit: while one statement is under way, what is asked meanwhile gathers, and goes out together with the next.
// A lone request waits for nobody, unless nobody waits for it: that gathers for a moment. Under load a round trip and a write
// to the server's disk serve many. A statement that somebody's lock holds up holds up no other for long: a second one goes out
// beside it.
import { Duration, Effect, Exit } from "effect"

/** What has waited for so long waits for a lock, and not for its turn: many times what a statement takes. */
const patience = Duration.millis(20)
const atOnce = 2
/** As long as a statement takes under load: what nobody waits for then shares one with some ten others. */
const company = Duration.millis(2)

export interface Entry<A, E> {
  readonly asked: A
  /** Answers whoever asked; only the first answer counts. */
  readonly answer: (exit: Exit.Exit<void, E>) => void
}

/**
 * What to ask with. `run` answers every entry, or fails all that it has left; at most two run at a time, and nothing
 * interrupts them. Who is interrupted before it has begun is not among its entries. What `gathers` waits a moment for others.
 */
export const make = <A, E>(
  run: (entries: ReadonlyArray<Entry<A, E>>) => Effect.Effect<void, E>,
  gathers: (asked: A) => boolean = () => false
): Effect.Effect<(asked: A) => Effect.Effect<void, E>> =>
  Effect.map(Effect.context(), (context) => {
    const fork = Effect.runForkWith(context)
    // Never a Set, see `Line`.
    let waiting: Array<Entry<A, E>> = []
    let underWay = 0
    let watched = false
    let hurry = () => {}

    const gathering = Effect.callback<void>((resume) => {
      hurry = () => resume(Effect.void)
      fork(Effect.delay(Effect.sync(hurry), company))
    })
    // At least a breath, so that whoever was woken by the same batch of answers comes along.
    const breath = Effect.suspend(() =>
      waiting.length > 0 && waiting.every(({ asked }) => gathers(asked))
        ? Effect.andThen(gathering, Effect.yieldNow)
        : Effect.yieldNow
    )

    const work = Effect.gen(function* () {
      for (yield* breath; waiting.length > 0; yield* breath) {
        const entries = waiting
        waiting = []
        const exit = yield* Effect.exit(run(entries))
        for (const { answer } of entries) answer(Exit.isFailure(exit) ? exit : unanswered)
      }
      underWay--
    })
    const start = () => {
      underWay++
      fork(work)
    }
    const watch = Effect.sync(() => {
      watched = false
      if (waiting.length > 0 && underWay < atOnce) start()
    })

    return (asked) =>
      Effect.callback((resume) => {
        const entry: Entry<A, E> = { asked, answer: resume }
        waiting.push(entry)
        if (!gathers(asked)) hurry()
        if (underWay === 0) start()
        else if (!watched) {
          watched = true
          fork(Effect.delay(watch, patience))
        }
        return Effect.sync(() => void (waiting = waiting.filter((each) => each !== entry)))
      })
  })

const unanswered = Exit.die(new Error("a group commit left a request without an answer"))
