// Alerts as mails: by which mailbox they go, and what becomes of them when it refuses.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type Teller, together } from "../../src/Alert.ts"
import * as Mail from "../../src/Alert/Mail.ts"
import type { Message } from "../../src/Incident.ts"
import { Blocked, Mailer, type MailerReason, Transient, Uncertain } from "../../src/Mailer.ts"
import type { Way } from "../../src/Ways.ts"
import { fakes } from "../support/fakes.ts"
import { quiet, silently } from "../support/quiet.ts"

const about = (database: string, overrides: Partial<Message> = {}): Message => ({
  ...{ event: "opened", kind: "parked", database, table: "public.inquiries", detail: "1 is parked." },
  since: DateTime.makeUnsafe(0),
  ...overrides
})

const blocked = new Blocked({ scope: "credential", detail: "invalid_client", advice: "Renew it." })

/** A way whose mailer answers so, and what went out by it. */
const way = Effect.fnUntraced(function* (
  credential: number,
  database: string,
  answers: Array<MailerReason | undefined> = [],
  closed = false
) {
  const { layer, mails } = fakes({ answer: () => answers.shift() })
  const faked = yield* Effect.provide(Effect.flatMap(Mailer, Effect.succeed), layer)
  const mailer: Mailer["Service"] = closed
    ? { ...faked, standing: Effect.succeed({ _tag: "Probe", reason: blocked }) }
    : faked
  const made: Way = { credential, from: `${database}@example.com`, databases: [database], mailer }
  return { mails, way: made }
})

const to = ["it@example.com", "boss@example.com"]

const post = Effect.fnUntraced(function* (teller: Teller, ...messages: ReadonlyArray<Message>) {
  const posting = yield* Effect.forkChild(Effect.forEach(messages, teller.post, { concurrency: "unbounded" }))
  yield* TestClock.adjust("59 seconds")
  assert.isDefined(posting.pollUnsafe())
  return yield* Fiber.join(posting)
})

describe("an alert by mail", () => {
  it.effect("goes out by another credential than that of its database", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* way(0, "autos"), yield* way(1, "freight")]
      const teller = yield* Mail.make({ to, ways: [own.way, other.way] })
      assert.deepStrictEqual(yield* post(teller, about("autos")), [true])
      assert.lengthOf(own.mails, 0)
      assert.lengthOf(other.mails, 1)
      const [mail] = other.mails
      assert.deepStrictEqual(mail?.to, to)
      assert.strictEqual(mail?.from, "freight@example.com")
      assert.strictEqual(
        mail?.subject,
        "[Inquiries Mailer] autos, table public.inquiries: notices are parked, and are not mailed unless somebody puts them back"
      )
      for (const part of [mail?.text, mail?.html]) {
        assert.include(part, "1 is parked.")
        assert.include(part, "Database autos, since 1970-01-01T00:00:00.000Z.")
      }
    })
  )

  it.effect("goes by its own where the other is blocked or fails, and where there is no other", () =>
    Effect.gen(function* () {
      for (const other of [
        yield* way(1, "freight", [], true),
        yield* way(1, "freight", [blocked, blocked]),
        undefined
      ]) {
        const own = yield* way(0, "autos")
        const teller = yield* Mail.make({ to, ways: other === undefined ? [own.way] : [own.way, other.way] })
        assert.deepStrictEqual(yield* post(teller, about("autos")), [true])
        assert.strictEqual(own.mails[0]?.from, "autos@example.com")
      }
    })
  )

  it.effect("is not taken while the only credential is blocked, which the log says once, and when it is over", () => {
    const { layer, lines } = quiet()
    return Effect.gen(function* () {
      const own = yield* way(0, "autos", [], true)
      const open = yield* way(0, "autos")
      let standing = own.way.mailer.standing
      const mailer = { ...open.way.mailer, standing: Effect.suspend(() => standing) }
      const teller = yield* Mail.make({ to, ways: [{ ...open.way, mailer }] })
      assert.deepStrictEqual(yield* post(teller, about("autos")), [false])
      assert.deepStrictEqual(yield* post(teller, about("autos")), [false])
      standing = open.way.mailer.standing
      assert.deepStrictEqual(yield* post(teller, about("autos")), [true])
      assert.deepStrictEqual(
        lines.map(({ level, message }) => [level, message]),
        [
          [
            "Error",
            "alerts cannot be mailed: autos@example.com: invalid_client. Renew it. They are mailed when that works again; until then only ALERT_WEBHOOK_URL tells of them"
          ],
          ["Info", "alerts can be mailed again"]
        ]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("is tried three times within a minute, each time as the same mail", () =>
    Effect.gen(function* () {
      const blip = new Transient({ detail: "away", retryAfter: undefined })
      const own = yield* way(0, "autos", [blip, new Uncertain({ detail: "no answer" })])
      const teller = yield* Mail.make({ to, ways: [own.way] })
      assert.deepStrictEqual(yield* post(teller, about("autos")), [true])
      assert.lengthOf(own.mails, 3)
      assert.strictEqual(new Set(own.mails.map(({ messageId }) => messageId)).size, 1)
      const again = yield* way(0, "autos", [blip, blip, blip, blip])
      assert.deepStrictEqual(yield* post(yield* Mail.make({ to, ways: [again.way] }), about("autos")), [false])
      assert.lengthOf(again.mails, 3)
    }).pipe(silently)
  )

  it.effect("is one mail for what happens within moments, so that a hundred databases fill no mailbox", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* way(0, "autos"), yield* way(1, "freight")]
      const teller = yield* Mail.make({ to, ways: [own.way, other.way] })
      const messages = Array.from({ length: 100 }, (_, n) => about(`d${n}`, { kind: "unreachable", table: "" }))
      const taken = yield* post(teller, ...messages)
      assert.isTrue(taken.length === 100 && taken.every((each) => each))
      assert.lengthOf([...own.mails, ...other.mails], 1)
      assert.match(own.mails[0]?.subject ?? "", /^\[Inquiries Mailer\] 100 alerts: d0, d1, /)
      assert.isAtMost(own.mails[0]?.subject.length ?? 0, 180)
      assert.include(own.mails[0]?.text, "Database d99")
    })
  )

  it.effect("beside a webhook counts as told when one took it, and the other is tried again by itself", () =>
    Effect.gen(function* () {
      const posted: Array<string> = []
      let takes = false
      const webhook: Teller = { post: ({ event }) => Effect.sync(() => posted.push(event) > 0) }
      const mail: Teller = { post: ({ event }) => Effect.sync(() => posted.push(`mail ${event}`) > 0 && takes) }
      const both = yield* together([webhook, mail])
      assert.isTrue(yield* both.post(about("autos")))
      takes = true
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(posted, ["opened", "mail opened", "mail opened"])
      takes = false
      assert.isTrue(yield* both.post(about("autos")))
      takes = true
      assert.isTrue(yield* both.post(about("autos", { event: "over" })))
      yield* TestClock.adjust("3 hours")
      assert.deepStrictEqual(posted.slice(3), ["opened", "mail opened", "over", "mail over"])
      const neither = yield* together([mail, mail])
      takes = false
      assert.isFalse(yield* neither.post(about("autos")))
    })
  )
})
