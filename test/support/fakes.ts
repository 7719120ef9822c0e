// Fakes of the ports around Delivery and Monitor. Each notes what it was asked in one list, so that a test can say in
// which order things happened.
import { Duration, Effect, Layer, Redacted } from "effect"
import { DatabaseName } from "../../src/Database.ts"
import type { Watched } from "../../src/Delivery.ts"
import { type Mail, Mailer, MailerError, type MailerReason } from "../../src/Mailer.ts"
import { ClaimToken, type Notice, NoticeId } from "../../src/Notice.ts"
import { Outbox } from "../../src/Outbox.ts"
import { NotBegun } from "../../src/Settlement.ts"
import type { Row } from "../../src/Row.ts"
import type { Outage, Self } from "../../src/State.ts"

export const notice = (key: string, overrides: Partial<Notice> = {}): Notice => ({
  id: NoticeId.make(`00000000-0000-4000-8000-${key.padStart(12, "0")}`),
  claim: ClaimToken.make("11111111-1111-4111-8111-111111111111"),
  table: 1,
  key,
  attempts: 0,
  waited: Duration.zero,
  maybeSent: false,
  looks: 0,
  crashes: 0,
  createdAt: 0,
  putBack: false,
  ...overrides
})

export const row = (key: string): Row => ({
  table: "inquiries",
  key,
  fields: [
    { column: "id", kind: "number", value: key, bytes: key.length },
    { column: "name", kind: "text", value: "Jane Doe", bytes: 8 }
  ]
})

export const watched: Watched = {
  database: {
    name: DatabaseName.make("autos"),
    address: { host: "127.0.0.1", port: 1, database: "", user: "", password: undefined, tls: { mode: "disable" } },
    timeZone: "UTC",
    tables: [],
    credential: {
      cloud: { login: "", graph: "", emulated: true },
      tenantId: "",
      clientId: "",
      proof: { _tag: "Secret", secret: Redacted.make("") }
    },
    envelope: { from: "noreply@example.com", to: ["sales@example.com"], cc: [] },
    reconcile: "resend",
    capture: "outbox",
    wake: "listen",
    pollEvery: Duration.minutes(1),
    retention: Duration.days(30)
  },
  table: {
    name: { schema: "public", name: "inquiries" },
    channel: "",
    template: "inquiry",
    replyTo: "email",
    createdAt: "created_at"
  },
  secretKey: false
}

export const indifferent: Self = {
  elsewhere: Effect.void,
  healthy: Effect.void,
  polling: () => Effect.void,
  paused: () => Effect.void,
  ailing: () => Effect.void,
  givenUp: Effect.never
}

export interface Script {
  /** What a send answers, after its mail was begun; undefined accepts it. */
  readonly answer?: (mail: Mail) => MailerReason | undefined
  /** Runs between begin and the answer. */
  readonly underWay?: Effect.Effect<void>
  /** How many sends may begin; the others wait for their turn, which never comes. */
  readonly places?: number
  /** What a look into the mailbox finds. */
  readonly find?: () => Effect.Effect<boolean, MailerError>
  readonly notBegun?: boolean
  /** Failures of the settlement before it succeeds. */
  readonly settleFailures?: Array<Outage>
  readonly renewal?: Effect.Effect<void, Outage>
}

/** A mailer and an outbox that follow a script, and the list of what happened. */
export const fakes = (script: Script = {}) => {
  const events: Array<string> = []
  const mails: Array<Mail> = []
  let places = script.places ?? Infinity
  const say = (event: string) => Effect.sync(() => void events.push(event))
  const write = (event: string) =>
    Effect.suspend(() => {
      const failure = script.settleFailures?.shift()
      return failure === undefined ? say(event) : Effect.andThen(say("settle fails"), Effect.fail(failure))
    })
  const mailer = Mailer.of({
    standing: Effect.succeed({ _tag: "Open" }),
    places: Effect.succeed({ all: 0, free: 0 }),
    find: (messageId) => Effect.andThen(say(`look for ${messageId}`), script.find?.() ?? Effect.succeed(false)),
    send: (compose, begin) =>
      Effect.gen(function* () {
        if (places-- <= 0) return yield* Effect.interruptible(Effect.never)
        yield* begin
        const mail = yield* compose
        mails.push(mail)
        yield* say("request")
        yield* script.underWay ?? Effect.void
        const reason = script.answer?.(mail)
        if (reason !== undefined) return yield* new MailerError({ reason })
        return { requestId: "request-1" }
      })
  })
  const outbox: Partial<Outbox["Service"]> = {
    renew: () => Effect.andThen(say("renew"), script.renewal ?? Effect.void),
    release: () => say("release"),
    begin: () => Effect.andThen(say("begin"), script.notBegun === true ? new NotBegun() : Effect.void),
    settle: (_, { outcome }) => write(outcome),
    postpone: (_, { delay, looks, maybeSent, spent }) =>
      write(
        `postponed ${delay === undefined ? "in place" : Duration.format(delay)} spent=${spent} maybeSent=${maybeSent}${looks === undefined ? "" : ` looks=${looks}`}`
      )
  }
  return { events, mails, layer: Layer.mergeAll(Layer.succeed(Mailer, mailer), Layer.mock(Outbox, outbox)) }
}
