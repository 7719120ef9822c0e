// Spans as OTLP has them. Only the names and attributes in `Trace` leave the program, and never an exception: its message
// may quote a row. Any other span, for example of an SQL statement, stands for the span around it.
import { Cause, Effect, Exit, Option, Tracer } from "effect"
import { OtlpExporter, OtlpResource, OtlpSerialization } from "effect/observability"
import { Hex } from "effect/encoding"
import { attributes, spanNames, whole } from "../Trace.ts"
import type { Destination } from "./Destination.ts"

const kept: ReadonlySet<string> = new Set(Object.values(attributes))

export const make = Effect.fnUntraced(function* (to: Destination, resource: OtlpResource.Resource) {
  const serialization = yield* OtlpSerialization.OtlpSerialization
  const exporter = yield* OtlpExporter.make({
    ...to,
    label: "Traces",
    exportInterval: "2 seconds",
    maxBatchSize: 1_000,
    body: (spans) => [
      serialization.traces({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] }),
      Effect.void
    ]
  })
  return Tracer.make({ span: (options) => new Recorded(options, exporter.push) })
})

const scope = { name: "inquiries-mailer" }

type Options = Parameters<Tracer.Tracer["span"]>[0]

class Recorded implements Tracer.Span {
  readonly _tag = "Span"
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly annotations: Options["annotations"]
  readonly links: Options["links"]
  readonly kind: Tracer.SpanKind
  readonly sampled: boolean
  readonly traceId: string
  readonly spanId: string
  readonly attributes = new Map<string, unknown>()
  status: Tracer.SpanStatus
  readonly #push: (span: unknown) => void

  constructor(options: Options, push: (span: unknown) => void) {
    const { annotations, kind, links, name, parent, sampled, startTime } = options
    this.name = name
    this.parent = parent
    this.annotations = annotations
    this.links = links
    this.kind = kind
    const above = Option.getOrUndefined(parent)
    const shown = spanNames.has(name)
    this.traceId = above?.traceId ?? Hex.random(32)
    // Of the whole every worker knows the id; what is not shown has that of what is around it.
    this.spanId = above !== undefined && (!shown || name === whole) ? above.spanId : Hex.random(16)
    this.sampled = above !== undefined && above.sampled && sampled
    this.status = { _tag: "Started", startTime }
    this.#push = shown && this.sampled ? push : () => {}
  }

  attribute(key: string, value: unknown) {
    if (kept.has(key)) this.attributes.set(key, value)
  }

  event() {}
  addLinks() {}

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>) {
    if (this.status._tag === "Ended") return
    const { startTime } = this.status
    this.status = { _tag: "Ended", startTime, endTime, exit }
    this.#push({
      traceId: this.traceId,
      spanId: this.spanId,
      parentSpanId: this.name === whole ? undefined : Option.getOrUndefined(this.parent)?.spanId,
      name: this.name,
      kind: this.kind === "client" ? kinds.client : kinds.internal,
      startTimeUnixNano: String(startTime),
      endTimeUnixNano: String(endTime),
      attributes: OtlpResource.entriesToAttributes(this.attributes),
      droppedAttributesCount: 0,
      ...{ events: [], droppedEventsCount: 0, links: [], droppedLinksCount: 0 },
      status: statusOf(this.attributes, exit)
    })
  }
}

const kinds = { internal: 1, client: 3 }
const codes = { unset: 0, ok: 1, error: 2 }

const statusOf = (notes: ReadonlyMap<string, unknown>, exit: Exit.Exit<unknown, unknown>) => {
  if (notes.has(attributes.error)) return { code: codes.error, message: String(notes.get(attributes.message) ?? "") }
  if (Exit.isSuccess(exit)) return { code: codes.ok }
  return Cause.hasInterruptsOnly(exit.cause)
    ? { code: codes.unset }
    : { code: codes.error, message: kindOf(exit.cause) }
}

/** The kind of a failure only. */
const kindOf = (cause: Cause.Cause<unknown>): string => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  return typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "a defect"
}
