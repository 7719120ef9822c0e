import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { deliver } from "../src/Delivery.ts"
import { Transient } from "../src/Mailer.ts"
import { Outage } from "../src/State.ts"
import { fakes, indifferent, notice, row, watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const transient = new Transient({ detail: "503.", retryAfter: undefined })

describe("deliver", () => {
  it.effect("marks the notice as begun, sends, and settles, in this order and once", () =>
    Effect.gen(function* () {
      const { events, layer, mails } = fakes()
      yield* deliver({ notice: notice("42"), watched, self: indifferent }, Effect.succeed(row("42"))).pipe(
        Effect.provide([layer, quiet().layer])
      )
      assert.deepStrictEqual(events, ["begin", "request", "sent"])
      assert.strictEqual(mails[0]!.messageId, `<${notice("42").id}@example.com>`)
      assert.strictEqual(mails[0]!.correlationId, notice("42").id)
    })
  )

  it.effect("sends nothing for a notice that it could not begin", () =>
    Effect.gen(function* () {
      const { events, layer } = fakes({ notBegun: true })
      yield* deliver({ notice: notice("1"), watched, self: indifferent }, Effect.succeed(row("1"))).pipe(
        Effect.provide([layer, quiet().layer])
      )
      assert.deepStrictEqual(events, ["begin"])
    })
  )

  it.effect("settles a row that is gone without sending", () =>
    Effect.gen(function* () {
      const { events, layer } = fakes()
      yield* deliver({ notice: notice("1"), watched, self: indifferent }, Effect.undefined).pipe(
        Effect.provide([layer, quiet().layer])
      )
      assert.deepStrictEqual(events, ["begin", "gone"])
    })
  )

  it.effect("puts a notice back whose row could not be read, as surely not sent, and ends with that outage", () =>
    Effect.gen(function* () {
      const outage = new Outage({ state: "waiting", reason: "gone for a while" })
      const { events, layer } = fakes()
      const delivery = deliver({ notice: notice("1"), watched, self: indifferent }, Effect.fail(outage))
      assert.strictEqual(yield* Effect.flip(Effect.provide(delivery, [layer, quiet().layer])), outage)
      assert.deepStrictEqual(events, ["begin", "postponed in place spent=false maybeSent=false"])
    })
  )

  it.effect("settles what was sent although it was interrupted while the request was under way", () =>
    Effect.gen(function* () {
      const sending = yield* Deferred.make<void>()
      const answered = yield* Deferred.make<void>()
      const underWay = Effect.andThen(Deferred.succeed(sending, undefined), Deferred.await(answered))
      const { events, layer } = fakes({ underWay })
      const fiber = yield* deliver({ notice: notice("1"), watched, self: indifferent }, Effect.succeed(row("1"))).pipe(
        Effect.provide([layer, quiet().layer]),
        Effect.forkChild
      )
      yield* Deferred.await(sending)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(events, ["begin", "request", "sent"])
    })
  )

  it.effect("goes on writing the outcome until the database takes it, and says meanwhile that it ails", () =>
    Effect.gen(function* () {
      const outage = new Outage({ state: "waiting", reason: "gone for a while" })
      const { events, layer } = fakes({ settleFailures: Array.from({ length: 30 }, () => outage) })
      const said: Array<string> = []
      const self = {
        ...indifferent,
        healthy: Effect.sync(() => void said.push("healthy")),
        ailing: ({ reason }: Outage) => Effect.sync(() => void said.push(reason))
      }
      yield* deliver({ notice: notice("1"), watched, self }, Effect.succeed(row("1"))).pipe(
        Effect.provide([layer, quiet().layer]),
        Effect.forkChild
      )
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(events.filter((event) => event === "request").length, 1)
      assert.strictEqual(events.at(-1), "sent")
      assert.strictEqual(said[0], "gone for a while")
      assert.strictEqual(said.at(-1), "healthy")
    })
  )

  it.effect("says of an outage of the settlement which row waits for its end", () =>
    Effect.gen(function* () {
      const outage = new Outage({ state: "waiting", reason: "gone for a while" })
      const { layer } = fakes({ settleFailures: [outage, outage] })
      const { layer: logger, lines } = quiet()
      const self = { ...indifferent, ailing: ({ reason }: Outage) => Effect.logWarning(reason) }
      yield* deliver({ notice: notice("1"), watched, self }, Effect.succeed(row("1"))).pipe(
        Effect.provide([layer, logger]),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 minute")
      const ailing = lines.filter(({ message }) => message === outage.reason)
      assert.lengthOf(ailing, 2)
      for (const { annotations } of ailing) assert.deepInclude(annotations, { table: "public.inquiries", key: "1" })
    })
  )

  it.effect("gives an outcome up only when the program has to end, and names the notice", () =>
    Effect.gen(function* () {
      const outage = new Outage({ state: "blocked", reason: "the outbox is gone" })
      const { events, layer } = fakes({ settleFailures: Array.from({ length: 999 }, () => outage) })
      const { layer: logger, lines } = quiet()
      const ending = yield* Deferred.make<void>()
      const self = { ...indifferent, givenUp: Deferred.await(ending) }
      const fiber = yield* deliver({ notice: notice("1"), watched, self }, Effect.succeed(row("1"))).pipe(
        Effect.provide([layer, logger]),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 minute")
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(fiber.pollUnsafe(), "a lost connection interrupts too, and gives up nothing")
      yield* Deferred.succeed(ending, undefined)
      yield* Fiber.join(interrupting)
      assert.notInclude(events, "sent")
      assert.match(lines.at(-1)!.message, /^its outcome could not be written \(sent: /)
      assert.strictEqual(lines.at(-1)!.annotations["notice"], notice("1").id)
    })
  )

  it.effect("logs what happened to which row, what happens next and when, and nothing that the customer wrote", () =>
    Effect.gen(function* () {
      const { layer: logger, lines } = quiet()
      const { layer } = fakes({ answer: () => transient })
      yield* deliver({ notice: notice("42"), watched, self: indifferent }, Effect.succeed(row("42"))).pipe(
        Effect.provide([layer, logger])
      )
      yield* deliver(
        {
          notice: notice("7", { key: "jane@example.com" }),
          watched: { ...watched, secretKey: true },
          self: indifferent
        },
        Effect.succeed(row("7"))
      ).pipe(Effect.provide([layer, logger]))
      const { annotations, message } = lines[0]!
      assert.strictEqual(message, "postponed: 503. Nothing to do: it is retried.")
      assert.deepInclude(annotations, { table: "public.inquiries", key: "42", attempt: 1, outcome: "postponed" })
      assert.match(String(annotations["next"]), /^tried again at 1970-01-01T00:00:1\d/)
      assert.match(String(lines[1]!.annotations["key"]), /^sha256:[0-9a-f]{12}$/)
      assert.notInclude(JSON.stringify(lines), "jane@example.com")
      assert.notInclude(JSON.stringify(lines), "Jane Doe")
    })
  )
})
