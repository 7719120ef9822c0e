// What leaves the program of a notice's work, seen by a collector on loopback: what may, and nothing else.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, References } from "effect"
import * as Telemetry from "../src/Telemetry.ts"
import * as Trace from "../src/Trace.ts"
import type { Options } from "../src/Otlp.ts"
import { collector, valueOf } from "./support/collector.ts"
import { notice } from "./support/fakes.ts"

const to = (url: string, protocol: "http/json" | "http/protobuf", more: Partial<Options> = {}): Options => ({
  traces: { url: `${url}/v1/traces`, headers: Redacted.make({}), protocol },
  logs: { url: `${url}/v1/logs`, headers: Redacted.make({}), protocol },
  metrics: undefined,
  ...{ compression: "none", timeout: 1_000, metricsEvery: 60_000, temporality: "cumulative" },
  ...{ ratio: 1, service: "mailer", resource: {} },
  ...more
})

/** What an SQL statement and a crash in the middle of a notice would tell. */
const careless = Effect.logError("it crashed").pipe(
  Effect.andThen(Effect.die(new Error("Canary"))),
  Effect.withSpan("send", { attributes: { "db.query.text": "Canary", "error.type": "Transient" } }),
  Effect.withSpan("sql.execute", { attributes: { "db.query.text": "Canary" } }),
  Trace.attempt(notice("1"), { from: 1n, to: 2n }, () => ({})),
  Effect.sandbox,
  Effect.ignore
)

const exported = (options: Options, work: Effect.Effect<void>) =>
  work.pipe(Effect.provide(Telemetry.layer({ level: "Fatal", format: "json" }, options)), Effect.scoped)

describe("Otlp", () => {
  it.live("exports spans of a notice with what they may say, and none of a statement or of an exception", () =>
    Effect.gen(function* () {
      const { arrivals, spans, url } = yield* collector()
      yield* exported(to(url, "http/json"), careless)
      assert.sameMembers(
        spans().map(({ name }) => name),
        ["attempt", "claim", "send"]
      )
      const [send] = spans().filter(({ name }) => name === "send")
      const [attempt] = spans().filter(({ name }) => name === "attempt")
      assert.strictEqual(send?.parentSpanId, attempt?.spanId)
      assert.strictEqual(valueOf(send?.attributes ?? [], "error.type"), "Transient")
      assert.deepStrictEqual(attempt?.status, { code: 2, message: "a defect" })
      assert.notInclude(JSON.stringify(arrivals), "Canary")
    })
  )

  it.live.each(["none", "gzip"] as const)("speaks protobuf, too, with compression %s", (compression) =>
    Effect.gen(function* () {
      const { arrivals, url } = yield* collector()
      yield* exported(
        to(url, "http/protobuf", { compression }),
        Effect.provideService(careless, References.MinimumLogLevel, "Info")
      )
      const [traces] = arrivals.filter(({ path }) => path === "/v1/traces")
      assert.strictEqual(traces?.headers["content-type"], "application/x-protobuf")
      const id = Buffer.from(Trace.traceId(notice("1").id), "hex").toString("latin1")
      for (const text of ["attempt", "claim", "error.type", id]) assert.include(traces?.body, text)
      const [logs] = arrivals.filter(({ path }) => path === "/v1/logs")
      for (const text of ["it crashed", id]) assert.include(logs?.body, text)
      assert.notInclude(JSON.stringify(arrivals), "Canary")
    })
  )

  it.live("takes the share of notices that was asked for, and every worker the same ones", () =>
    Effect.gen(function* () {
      const ids = [
        "00000000000040008000000000000000",
        "000000000000400080003fffffffffff",
        "00000000000040008000400000000000"
      ]
      const sampled = (ratio: number) =>
        Effect.map(Trace.Tracing, (tracing) => ids.map((id) => tracing?.sampled(id))).pipe(
          Effect.provide(
            Telemetry.layer({ level: "Fatal", format: "json" }, to("http://127.0.0.1:9", "http/json", { ratio }))
          )
        )
      assert.deepStrictEqual(yield* sampled(1), [true, true, true])
      assert.deepStrictEqual(yield* sampled(0.25), [true, true, false])
      assert.deepStrictEqual(yield* sampled(0), [false, false, false])
      const { spans, url } = yield* collector()
      yield* exported(to(url, "http/json", { ratio: 0 }), careless)
      assert.deepStrictEqual(spans(), [])
    })
  )

  it.live("makes no span where nobody asked for traces", () =>
    Effect.gen(function* () {
      const made = yield* Effect.exit(Effect.currentSpan).pipe(
        Trace.span.settle,
        Trace.attempt(notice("1"), undefined, () => ({})),
        Effect.provide(Telemetry.layer({ level: "Fatal", format: "json" }))
      )
      assert.isTrue(Exit.isFailure(made))
    })
  )
})
