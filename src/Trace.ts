// One trace a notice, from the commit of its row to its end. The notice's uuid is the trace's id, so that every attempt, by
// whichever worker, is in one trace. Nothing is recorded, and next to nothing costs, unless somebody provides `Tracing`.
import { Clock, Context, Effect, Exit, type Fiber, Option, Tracer } from "effect"
import type { Notice, NoticeId } from "./Notice.ts"
import { spanned } from "./Spanned.ts"

/** Whether traces are taken, and of which notices; undefined: of none. */
export class Tracing extends Context.Reference<{ readonly sampled: (traceId: string) => boolean } | undefined>(
  "inquiries-mailer/Trace/Tracing",
  { defaultValue: () => undefined }
) {}

/** From the commit to the outcome that stays. Its span has an id that every worker knows. */
export const whole = "notice"
const attemptName = "attempt"

/** All that leaves the program: any other span stands for its parent. */
export const spanNames: ReadonlySet<string> = new Set([
  ...[whole, attemptName, "claim", "fetch", "render", "begin", "Mailer.send", "send", "look", "settle"]
])

export const span = {
  begin: spanned("begin"),
  render: spanned("render"),
  settle: spanned("settle"),
  look: spanned("look", "client")
}

export const attributes = {
  notice: "inquiries_mailer.notice",
  database: "inquiries_mailer.database",
  table: "inquiries_mailer.table",
  key: "inquiries_mailer.key",
  attempt: "inquiries_mailer.attempt",
  outcome: "inquiries_mailer.outcome",
  /** Of the answer to a request. */
  status: "http.response.status_code",
  /** That a span has one means that it failed; the message is as fit for strangers as the log's. */
  error: "error.type",
  message: "error.message"
} as const

export const traceId = (id: NoticeId): string => id.replaceAll("-", "")

/** When work for many notices at once began and ended, in nanoseconds. */
export interface Times {
  readonly from: bigint
  readonly to: bigint
}

export const timed = <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<readonly [A, Times], E, R> =>
  Effect.gen(function* () {
    const from = yield* Clock.currentTimeNanos
    const result = yield* work
    return [result, { from, to: yield* Clock.currentTimeNanos }]
  })

type Notes = Readonly<Record<string, unknown>>

const open = (name: string, parent: Tracer.AnySpan, startTime: bigint, notes: Notes = {}) =>
  Effect.map(Tracer.Tracer, (tracer) => {
    const span = tracer.span({
      ...{ name, startTime, parent: Option.some(parent), kind: "internal", root: false, sampled: parent.sampled },
      ...{ annotations: Context.empty(), links: [] }
    })
    for (const [key, value] of Object.entries(notes)) span.attribute(key, value)
    return span
  })

const record = (name: string, parent: Tracer.AnySpan, { from, to }: Times, notes?: Notes) =>
  Effect.map(open(name, parent, from, notes), (span) => span.end(to, Exit.void))

/** What is done for a notice between its claim and its outcome, as one span with all others in it. */
export const attempt =
  (notice: Notice, claim: Times | undefined, notes: () => Notes) =>
  <A, E, R>(delivery: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber<A, E, R>((fiber) => {
      const tracing = fiber.getRef(Tracing)
      if (tracing === undefined) return delivery
      const id = traceId(notice.id)
      const parent = Tracer.externalSpan({ traceId: id, spanId: id.slice(16), sampled: tracing.sampled(id) })
      const about = { ...notes(), [attributes.notice]: notice.id, [attributes.attempt]: notice.attempts + 1 }
      return Effect.gen(function* () {
        const span = yield* open(attemptName, parent, claim?.from ?? (yield* Clock.currentTimeNanos), about)
        if (claim !== undefined) yield* record("claim", span, claim)
        return yield* delivery.pipe(
          Effect.onExit((exit) => Effect.map(Clock.currentTimeNanos, (now) => span.end(now, exit))),
          Effect.annotateLogs({ trace_id: id }),
          Effect.provideService(Tracer.ParentSpan, span),
          Effect.withTracerEnabled(true)
        )
      })
    })

/** The attempt that this is part of, if traces are taken. */
const attemptOf = (fiber: Fiber.Fiber<unknown, unknown>): Tracer.Span | undefined => {
  let span: Tracer.AnySpan | undefined = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  while (span?._tag === "Span" && span.name !== attemptName) span = Option.getOrUndefined(span.parent)
  return span?._tag === "Span" ? span : undefined
}

/** Work for a whole batch, in the trace of this notice. */
export const shared = (name: "fetch", times: Times): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    const span = attemptOf(fiber)
    return span === undefined ? Effect.void : record(name, span, times)
  })

/** What became of the attempt. */
export const ended = (outcome: string, failure: string | undefined): Effect.Effect<void> =>
  Effect.withFiberSucceed((fiber) => {
    const span = attemptOf(fiber)
    span?.attribute(attributes.outcome, outcome)
    if (failure === undefined) return
    span?.attribute(attributes.error, outcome)
    span?.attribute(attributes.message, failure)
  })

/** The notice is settled: the span of the whole, from the commit until now. */
export const closed = (notice: Notice, outcome: string): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    const span = attemptOf(fiber)
    const above = Option.getOrUndefined(span?.parent ?? Option.none())
    if (span === undefined || above === undefined) return Effect.void
    const notes = { ...Object.fromEntries(span.attributes), [attributes.outcome]: outcome }
    return Effect.flatMap(Clock.currentTimeNanos, (to) =>
      record(whole, above, { from: BigInt(Math.round(notice.createdAt)) * 1_000_000n, to }, notes)
    )
  })
