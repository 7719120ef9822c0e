// Asks the questions of the benchmark one after the other, once or in several runs, and sums up which bars hold. A question
// that fails is said and is no answer; the others are asked all the same.
import { Cause, Console, Duration, Effect, type Scope } from "effect"
import { type Findings, type Question, summary } from "./bars.ts"

/** A worker that died in the middle of it is waited for in vain; the longest question takes half an hour. */
const limit = Duration.hours(1)

export interface Asked {
  readonly name: Question
  readonly ask: Effect.Effect<Findings, unknown, Scope.Scope>
}

const why = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** Fails if a question does, or a bar does not hold in each run. */
export const askAll = Effect.fn("askAll")(function* (questions: ReadonlyArray<Asked>, runs: number, peers: boolean) {
  const found: Array<Findings> = []
  const faults: Array<string> = []
  const answer = ({ ask, name }: Asked) =>
    ask.pipe(
      Effect.scoped,
      Effect.timeout(limit),
      Effect.catchCause((cause) => {
        const nothing: Findings = {}
        faults.push(`${name} failed`)
        return Effect.as(Console.error(`✗ ${name} failed: ${why(cause)}`), nothing)
      })
    )

  for (let run = 1; run <= runs; run++) {
    let findings: Findings = {}
    for (const question of questions) {
      yield* Console.log(`\n# ${question.name}${runs === 1 ? "" : `, run ${run} of ${runs}`}\n`)
      findings = { ...findings, ...(yield* answer(question)) }
    }
    found.push(findings)
  }
  const asked = questions.map(({ name }) => name)
  const { count, missed, table } = summary(asked, peers, found)
  if (count > 0) yield* Console.log(`\n# the bars\n\n${table}\n`)
  if (missed > 0) faults.push(`${missed} of ${count} bars do not hold`)
  if (faults.length > 0) return yield* Effect.fail(faults.join(", "))
  if (count > 0) yield* Console.log("every bar holds")
})
