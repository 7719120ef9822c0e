// How an incident is told, against a receiver that is a fake, on a clock of our own.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, type Duration, Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { toJson } from "../../src/Alert/shapes.ts"
import * as Webhook from "../../src/Alert/Webhook.ts"
import type { Message } from "../../src/Incident.ts"
import { Connections, type Request } from "../../src/Mailer/Connections.ts"
import { Lost } from "../../src/Mailer/Exchange.ts"
import { quiet } from "../support/quiet.ts"

const message: Message = {
  ...{ event: "opened", kind: "parked", database: "autos", table: "public.inquiries", detail: "1 is parked." },
  since: DateTime.makeUnsafe(0)
}

const address = "https://hooks.example.com/T0/a-Secret-Part"

/** A receiver that answers with these statuses, the last one for ever; 0 is no answer. */
const receiver = Effect.fnUntraced(function* (...statuses: Array<number>) {
  const requests: Array<Request> = []
  const request = (asked: Request, time: Duration.Duration) => {
    const status = statuses[Math.min(requests.push(asked), statuses.length) - 1] ?? 0
    if (status === -1) return Effect.delay(Effect.fail(new Lost({ unsent: false, code: "late" })), time)
    return status === 0
      ? Effect.fail(new Lost({ unsent: true, code: "ECONNREFUSED" }))
      : Effect.succeed({ status, headers: {}, body: "" })
  }
  const teller = yield* Effect.provideService(Webhook.make(Redacted.make(address)), Connections, { request })
  /** Whether it was taken, when all tries are over. */
  const post = Effect.gen(function* () {
    const posting = yield* Effect.forkChild(teller.post(message))
    yield* TestClock.adjust("59 seconds")
    assert.isDefined(posting.pollUnsafe())
    return yield* Fiber.join(posting)
  })
  return { requests, post }
})

describe("the webhook", () => {
  it.effect("is sent JSON once, at its own address, and takes it with any 2xx", () =>
    Effect.gen(function* () {
      const { post, requests } = yield* receiver(204)
      assert.isTrue(yield* post)
      assert.lengthOf(requests, 1)
      assert.strictEqual(requests[0]!.url, address)
      assert.deepStrictEqual(JSON.parse(requests[0]!.body ?? ""), {
        event: "opened",
        kind: "parked",
        database: "autos",
        table: "public.inquiries",
        since: "1970-01-01T00:00:00.000Z",
        text: "autos, table public.inquiries: notices are parked, and are not mailed unless somebody puts them back. 1 is parked.",
        detail: "1 is parked."
      })
    })
  )

  it.effect("is tried three times within a minute, also when it hangs, and then not taken", () =>
    Effect.gen(function* () {
      for (const status of [500, 404, 302, 0, -1]) {
        const { post, requests } = yield* receiver(status)
        assert.isFalse(yield* post)
        assert.lengthOf(requests, 3, String(status))
      }
    }).pipe(Effect.provide(quiet().layer))
  )

  it.effect("takes what it did not at the first try", () =>
    Effect.gen(function* () {
      const { post, requests } = yield* receiver(0, 503, 200)
      assert.isTrue(yield* post)
      assert.lengthOf(requests, 3)
    })
  )

  it.effect("is said to be away once, and to be back once, without its address", () => {
    const { layer, lines } = quiet()
    return Effect.gen(function* () {
      const { post } = yield* receiver(500, 500, 500, 500, 500, 0, 200)
      assert.deepStrictEqual([yield* post, yield* post, yield* post, yield* post], [false, false, true, true])
      assert.deepStrictEqual(
        lines.map(({ level, message }) => [level, message]),
        [
          [
            "Error",
            "the address of ALERT_WEBHOOK_URL does not take alerts: it answered 500; they are told when it does"
          ],
          ["Info", "the address of ALERT_WEBHOOK_URL takes alerts again"]
        ]
      )
      assert.notInclude(JSON.stringify(lines), "hooks.example.com")
    }).pipe(Effect.provide(layer))
  })
})

describe("the page of alerts", () => {
  const chapter = readFileSync("docs/alerting.md", "utf8")
  const examples = JSON.parse(/```json\n([\s\S]*?)```/.exec(chapter)?.[1] ?? "[]") as ReadonlyArray<
    Omit<Message, "since"> & { readonly since: string }
  >

  it("shows one alert of each kind, word for word", () => {
    const kinds = [...chapter.matchAll(/^\| `(\w+)`/gm)].map(([, kind]) => kind).filter((kind) => kind !== "kind")
    assert.sameMembers([...new Set(examples.map(({ kind }) => kind))], kinds)
    assert.lengthOf(kinds, 8)
    for (const { database, detail = "", event, kind, since, table = "" } of examples) {
      const told = toJson({ database, detail, event, kind, table, since: DateTime.makeUnsafe(since) })
      assert.deepStrictEqual(
        JSON.parse(told),
        examples.find((e) => e.event === event && e.kind === kind)
      )
    }
  })
})
