// What a collector gets of a worker: one trace a notice that tells the truth under faults, and nothing of any row.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { collector, type Span, valueOf } from "../support/collector.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const exporting = (url: string) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_EXPORTER_OTLP_HEADERS: "api-key=C4n4ry%20key",
  OTEL_METRIC_EXPORT_INTERVAL: "300"
})

const startOf = (span: Span) => BigInt(span.startTimeUnixNano)
const endOf = (span: Span) => BigInt(span.endTimeUnixNano)

describe("a traced notice", () => {
  it.live("whose first send gets a 503 is one trace from the commit to the 202, with both sends in it", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const { logs, spans, until, url } = yield* collector()
      standIn.faults.push({ at: "sendMail", kind: { status: 503, headers: { "retry-after": "1" } } })
      const worker = yield* program(["run"], { ...environment(database, standIn.origin), ...exporting(url) })
      yield* worker.says("listening")
      yield* line.insertInquiry(admin, 1)
      yield* until(() => spans().some(({ name }) => name === "notice"))
      const [row] = yield* admin<{ readonly id: string; readonly created: string }>`
        select id, (extract(epoch from created_at) * 1e9)::bigint::text as created from inquiries_mailer.outbox`
      const id = row?.id ?? ""
      const own = spans().toSorted((a, b) => Number(startOf(a) - startOf(b)))
      assert.deepStrictEqual(new Set(own.map(({ traceId }) => traceId)), new Set([id.replaceAll("-", "")]))
      assert.strictEqual(standIn.mails[0]?.clientRequestId, id)

      const named = (name: string) => own.filter((span) => span.name === name)
      const [whole] = named("notice") as [Span]
      assert.isUndefined(whole.parentSpanId)
      assert.strictEqual(valueOf(whole.attributes, "inquiries_mailer.outcome"), "sent")
      assert.isBelow(Math.abs(Number(startOf(whole) - BigInt(row?.created ?? 0))) / 1e9, 0.5)
      const attempts = named("attempt")
      assert.lengthOf(attempts, 2)
      for (const attempt of attempts) assert.strictEqual(attempt.parentSpanId, whole.spanId)
      const sends = named("send")
      assert.deepStrictEqual(
        sends.map(({ attributes, kind, status }) => [
          ...[kind, status.code, valueOf(attributes, "http.response.status_code"), valueOf(attributes, "error.type")]
        ]),
        [
          [3, 2, 503, "Transient"],
          [3, 1, 202, undefined]
        ]
      )
      assert.isTrue(endOf(whole) >= endOf(sends[1]!) && startOf(whole) <= startOf(attempts[0]!))
      for (const [index, attempt] of attempts.entries()) {
        assert.strictEqual(valueOf(attempt.attributes, "inquiries_mailer.attempt"), index + 1)
        const within = own.filter(({ parentSpanId }) => parentSpanId === attempt.spanId).map(({ name }) => name)
        assert.sameMembers(within, ["claim", "Mailer.send", "settle"])
        const [mailer] = own.filter(
          ({ name, parentSpanId }) => name === "Mailer.send" && parentSpanId === attempt.spanId
        )
        const inSend = own.filter(({ parentSpanId }) => parentSpanId === mailer?.spanId).map(({ name }) => name)
        assert.sameMembers(inSend, ["begin", "render", "send"])
      }
      assert.strictEqual(attempts[0]?.status.code, 2)

      yield* until(() => logs().some(({ body }) => body.stringValue?.startsWith("sent:") === true))
      const said = logs().filter(({ traceId }) => traceId !== undefined)
      assert.deepStrictEqual(
        said.map(({ body, traceId }) => [body.stringValue?.split(":")[0], traceId]),
        [
          ["postponed", whole.traceId],
          ["sent", whole.traceId]
        ]
      )
      assert.include(worker.output(), `"trace_id":"${whole.traceId}"`)
    }).pipe(silently, Effect.timeout("40 seconds"))
  )

  it.live("tells a collector of no customer, no secret and no statement, whatever goes wrong", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* admin`alter table inquiries alter column id drop default`
      yield* admin`alter table inquiries alter column id type text using id::text`
      yield* line.migrated(database)
      const { arrivals, spans, until, url } = yield* collector()
      const refused = { status: 400, body: '{"error":{"code":"x","message":"Canary-Person"}}' }
      standIn.faults.push({ at: "sendMail", kind: refused }, { at: "sendMail", kind: "reset-before-read" })
      const env = { ...environment(database, standIn.origin), LOG_LEVEL: "trace", CLIENT_SECRET: "C4n4ry" }
      const worker = yield* program(["run"], { ...env, ...exporting(url) })
      yield* worker.says("listening")
      const insert = (key: string) =>
        admin`insert into inquiries (id, name, email, subject, message)
          values (${`Canary-Person ${key}`}, 'Canary-Person', 'Canary-Person@example.com', 'Canary-Person', 'Canary-Person')`
      for (const key of ["a", "b", "c"]) yield* insert(key)
      yield* until(() => spans().filter(({ name }) => name === "attempt").length >= 3)
      yield* until(() => ["/v1/metrics", "/v1/logs"].every((path) => arrivals.some((arrival) => arrival.path === path)))
      yield* worker.kill("SIGTERM")
      const { output } = yield* worker.ended
      const all = arrivals.map(({ body }) => body).join("\n")
      for (const [canary, text] of ["Canary", "C4n4ry", "an-invented-secret", "select ", "update ", "@"].flatMap(
        (canary) => [[canary, all] as const]
      )) {
        assert.notInclude(text, canary)
      }
      assert.notInclude(output, "C4n4ry")
      assert.include(all, "sha256:")
      for (const { events } of spans()) assert.lengthOf(events, 0)
      for (const { headers } of arrivals) assert.strictEqual(headers["api-key"], "C4n4ry key")
    }).pipe(silently, Effect.timeout("40 seconds"))
  )
})

describe("a collector", () => {
  it.live.each([
    ["is not there", undefined],
    ["hangs", 0],
    ["refuses all", 401]
  ] as const)("that %s costs no mail, is said once and does not hold up the end", ([, answer]) =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const url = answer === undefined ? "http://127.0.0.1:9" : (yield* collector(answer)).url
      const env = { ...environment(database, standIn.origin), ...exporting(url), OTEL_EXPORTER_OTLP_TIMEOUT: "1000" }
      const worker = yield* program(["run"], env)
      yield* worker.says("listening")
      yield* line.insertInquiries(admin, 50)
      yield* standIn.awaitMails(50)
      yield* worker.says("traces are not exported")
      yield* worker.says("metrics are not exported")
      yield* line.insertInquiries(admin, 50, 51)
      yield* line.allSettled(admin)
      yield* Effect.sleep("3 seconds")
      yield* worker.kill("SIGTERM")
      const [took, { code, output }] = yield* Effect.timed(worker.ended)
      assert.strictEqual(code, 0, output)
      assert.isBelow(Duration.toSeconds(took), 6)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(100))
      for (const kind of ["traces", "log lines", "metrics"]) {
        assert.lengthOf(output.split(`"${kind} are not exported`), 2, output)
      }
    }).pipe(silently, Effect.timeout("60 seconds"))
  )
})
