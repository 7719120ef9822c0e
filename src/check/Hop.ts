// The words of `check`: a hop is one link of the chain from a row to a mail, looked at once. However it is looked at, it
// ends within its limit with one finding, and nothing that hangs in it holds up the next.
import { Duration, Effect, Fiber } from "effect"
import { describeCrash } from "../Crash.ts"
import type { Outage } from "../State.ts"

/** `not known` is what may not, or need not, be looked at: neither a fault nor a warning. */
export type Outcome = "ok" | "warning" | "broken" | "not known"

/** One line that somebody can run or set as it stands. */
export interface Repair {
  readonly as: "SQL" | "PowerShell" | "set" | "run" | "do"
  readonly line: string
}

export interface Finding {
  readonly outcome: Outcome
  readonly detail: string
  readonly repairs: ReadonlyArray<Repair>
}

export interface Hop extends Finding {
  readonly name: string
  /** Undefined where nothing was asked. */
  readonly millis: number | undefined
}

/** Longer than a connection may take and a statement may run. */
const limit = Duration.seconds(10)

export const finding = (outcome: Outcome, detail: string, ...repairs: ReadonlyArray<Repair>): Finding => ({
  outcome,
  detail,
  repairs
})

export const ok = (detail: string) => finding("ok", detail)

export const repair =
  (as: Repair["as"]) =>
  (line: string): Repair => ({ as, line })

export const sql = repair("SQL")
export const powershell = repair("PowerShell")
export const set = repair("set")
export const run = repair("run")
export const advise = repair("do")

/** What nothing was asked for. */
export const unasked = (name: string, { detail, outcome, repairs }: Finding): Hop => ({
  name,
  millis: undefined,
  outcome,
  detail,
  repairs
})

export const isBroken = ({ outcome }: Finding): boolean => outcome === "broken"

export const skipped = (name: string, why: string): Hop => unasked(name, finding("not known", why))

/** Commands of ours that a sentence names. */
const commands = (sentence: string): ReadonlyArray<Repair> =>
  [...sentence.matchAll(/`(inquiries-mailer [^`]+)`/g)].map(([, command = ""]) => run(command))

const refused = "(42501)"

/** Whoever may not look at something does not know it; what he would need is said by the hop of his rights. */
export const ofOutage = ({ reason }: Outage): Finding =>
  reason.endsWith(refused)
    ? finding("not known", "this user may not look at it")
    : finding("broken", reason, ...commands(reason))

/** A hop, and what else the look has found. */
export interface Looked<A> {
  readonly hop: Hop
  readonly found: A | undefined
}

/**
 * Looks within the limit. What hangs is left behind, not waited for: a query to a silent peer cannot be interrupted, and
 * ends by itself with its socket.
 */
export const look = Effect.fnUntraced(function* <A, R>(
  name: string,
  asking: Effect.Effect<readonly [Finding, A], Outage, R>,
  most: Duration.Duration = limit
) {
  const fiber = yield* Effect.forkDetach(Effect.result(asking), { startImmediately: true })
  const ended = Effect.timeoutOption(Fiber.await(fiber), most)
  const [took, exit] = yield* Effect.timed(ended).pipe(
    Effect.onInterrupt(() => Effect.sync(() => fiber.interruptUnsafe()))
  )
  const millis = Math.round(Duration.toMillis(took))
  const said = (finding: Finding, found?: A): Looked<A> => ({ hop: { name, millis, ...finding }, found })
  if (exit._tag === "None") {
    fiber.interruptUnsafe()
    return said(finding("broken", `no answer within ${Duration.format(most)}`))
  }
  if (exit.value._tag === "Failure") {
    return said(finding("broken", `this program has a fault: ${describeCrash(exit.value.cause)}`))
  }
  const answer = exit.value.value
  return answer._tag === "Failure" ? said(ofOutage(answer.failure)) : said(...answer.success)
})

/** The same for a look that finds nothing else. */
export const hop = <R>(
  name: string,
  asking: Effect.Effect<Finding, Outage, R>,
  most?: Duration.Duration
): Effect.Effect<Hop, never, R> =>
  Effect.map(
    look(
      name,
      Effect.map(asking, (finding) => [finding, undefined] as const),
      most
    ),
    ({ hop }) => hop
  )
