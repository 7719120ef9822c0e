// Who collects traces, metrics and log lines, over real HTTP on loopback: keeps what came in, as JSON where it is.
import { Effect } from "effect"
import { createServer } from "node:http"
import { gunzipSync } from "node:zlib"
import { listen } from "../../scripts/stage/loopback.ts"

type Value = { readonly stringValue?: string; readonly intValue?: number | string }
type Attributes = ReadonlyArray<{ readonly key: string; readonly value: Value }>

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Attributes
  readonly events: ReadonlyArray<unknown>
  readonly status: { readonly code: number; readonly message?: string }
}

export interface LogRecord {
  readonly traceId?: string
  readonly severityText: string
  readonly body: Value
  readonly attributes: Attributes
}

interface Arrival {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

interface Document {
  readonly resourceSpans?: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<Span> }>
  }>
  readonly resourceLogs?: ReadonlyArray<{
    readonly scopeLogs: ReadonlyArray<{ readonly logRecords: ReadonlyArray<LogRecord> }>
  }>
}

export const valueOf = (attributes: Attributes, key: string): string | number | undefined => {
  const value = attributes.find((attribute) => attribute.key === key)?.value
  return value?.stringValue ?? value?.intValue
}

/** `answer` is the status of every answer; 0 is none at all. */
export const collector = Effect.fn("collector")(function* (answer = 200) {
  const arrivals: Array<Arrival> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const bytes = Buffer.concat(chunks)
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes
      arrivals.push({ path: request.url ?? "", headers: request.headers, body: body.toString("latin1") })
      if (answer !== 0) response.writeHead(answer, { "content-type": "application/json" }).end("{}")
    })
  })
  const port = yield* listen(server)
  const documents = (path: string): ReadonlyArray<Document> =>
    arrivals
      .filter((arrival) => arrival.path === path && arrival.headers["content-type"] === "application/json")
      .map(({ body }) => JSON.parse(Buffer.from(body, "latin1").toString("utf8")) as Document)
  const spans = () =>
    documents("/v1/traces").flatMap((document) =>
      (document.resourceSpans ?? []).flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    )
  const logs = () =>
    documents("/v1/logs").flatMap((document) =>
      (document.resourceLogs ?? []).flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
    )
  const until = (there: () => boolean): Effect.Effect<void> =>
    Effect.suspend(() => (there() ? Effect.void : Effect.delay(until(there), "20 millis")))
  return { url: `http://127.0.0.1:${port}`, arrivals, spans, logs, until }
})
