// What leaves the program for a collector of OpenTelemetry: traces, metrics and log lines, each to where its setting says.
// A collector that is away, slow or wrong costs no mail, no memory and at most three seconds of the end.
import { ConfigProvider, Layer, Logger, Redacted, Tracer } from "effect"
import { OtlpExporter, OtlpMetrics, OtlpResource, OtlpSerialization } from "effect/observability"
import * as Collector from "./Otlp/Collector.ts"
import type { Destination } from "./Otlp/Destination.ts"
import * as Logs from "./Otlp/Logs.ts"
import * as Spans from "./Otlp/Spans.ts"
import { Tracing } from "./Trace.ts"

export interface Signal {
  readonly url: string
  /** Often a key of whoever collects. */
  readonly headers: Redacted.Redacted<Readonly<Record<string, string>>>
  readonly protocol: "http/json" | "http/protobuf"
}

export interface Options {
  readonly traces: Signal | undefined
  readonly metrics: Signal | undefined
  readonly logs: Signal | undefined
  readonly compression: "gzip" | "none"
  /** Milliseconds for one request. */
  readonly timeout: number
  /** Milliseconds. */
  readonly metricsEvery: number
  readonly temporality: "cumulative" | "delta"
  /** The share of notices of which there are traces, from 0 to 1. Every worker takes the same ones. */
  readonly ratio: number
  readonly service: string
  readonly resource: Readonly<Record<string, string>>
}

/** Each kind of signal may take so long at the end, after the sends in flight have had their time. */
const shutdownTimeout = "1 second"

export const layer = (options: Options, line: Logger.Logger<unknown, Logs.Line>): Layer.Layer<never> => {
  const { logs, metrics, ratio, resource: attributes, service, traces } = options
  const named = { serviceName: service, attributes }
  const resource = OtlpResource.make(named)
  const destination = ({ headers, url }: Signal): Destination => ({
    ...{ url, headers: Redacted.value(headers), compression: options.compression, shutdownTimeout }
  })
  const signals = [
    signal(traces, (to) =>
      Layer.merge(
        Layer.effect(Tracer.Tracer, Spans.make(destination(to), resource)),
        Layer.succeed(Tracing, { sampled: (traceId) => share(traceId) < ratio })
      )
    ),
    signal(logs, (to) => Logger.layer([Logs.make(destination(to), resource, line)], { mergeWithExisting: true })),
    signal(metrics, (to) =>
      OtlpMetrics.layer({
        ...destination(to),
        resource: named,
        exportInterval: options.metricsEvery,
        temporality: options.temporality
      })
    )
  ] as const
  const kinds = new Map([
    [traces?.url, "traces"],
    [logs?.url, "log lines"],
    [metrics?.url, "metrics"]
  ])
  return Layer.mergeAll(...signals).pipe(
    Layer.provide(Collector.layer((url) => kinds.get(url) ?? "signals", options.timeout)),
    Layer.provide(OtlpExporter.layerFlusher),
    // Effect would read the environment by itself, which is for Settings alone.
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({})))
  )
}

const signal = <A, E, R>(to: Signal | undefined, build: (to: Signal) => Layer.Layer<A, E, R>) =>
  to === undefined
    ? Layer.empty
    : build(to).pipe(
        Layer.provide(to.protocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf)
      )

/** A number in [0, 1), of those bits of a notice's uuid that are random whatever its version. */
const share = (traceId: string): number => Number.parseInt(traceId.slice(-12), 16) / 2 ** 48
