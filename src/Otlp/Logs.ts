// Log lines as OTLP has them: the very lines that are printed, in the trace of the notice they are about.
import { Context, Effect, Logger, type LogLevel, Tracer } from "effect"
import { OtlpExporter, OtlpResource, OtlpSerialization } from "effect/observability"
import type { Destination } from "./Destination.ts"

export interface Line {
  readonly time: string
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
}

export const make = Effect.fnUntraced(function* (
  to: Destination,
  resource: OtlpResource.Resource,
  line: Logger.Logger<unknown, Line>
) {
  const serialization = yield* OtlpSerialization.OtlpSerialization
  const exporter = yield* OtlpExporter.make({
    ...to,
    label: "Logs",
    exportInterval: "1 second",
    maxBatchSize: 1_000,
    body: (logRecords) => [
      serialization.logs({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] }),
      Effect.void
    ]
  })
  return Logger.make<unknown, void>((options) => {
    const { annotations, message } = line.log(options)
    const nanos = String(BigInt(options.date.getTime()) * 1_000_000n)
    const { trace_id: traced, ...others } = annotations
    const span = traced === undefined ? undefined : Context.getOrUndefined(options.fiber.context, Tracer.ParentSpan)
    exporter.push({
      severityNumber: severities[options.logLevel] ?? 0,
      severityText: options.logLevel.toUpperCase(),
      timeUnixNano: nanos,
      observedTimeUnixNano: nanos,
      body: { stringValue: message },
      attributes: OtlpResource.entriesToAttributes(Object.entries(others)),
      droppedAttributesCount: 0,
      ...(span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId })
    })
  })
})

const scope = { name: "inquiries-mailer" }

const severities: Readonly<Partial<Record<LogLevel.LogLevel, number>>> = {
  Trace: 1,
  Debug: 5,
  Info: 9,
  Warn: 13,
  Error: 17,
  Fatal: 21
}
