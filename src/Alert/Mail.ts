// Tells incidents by mail, through another credential than the one in trouble where there is one. What comes within moments
// is told in one mail, so that a server with a hundred databases that goes away fills no mailbox.
import { Array as Arr, Data, DateTime, Deferred, Duration, Effect, Queue } from "effect"
import { blip, type Teller } from "../Alert.ts"
import { headline, type Message } from "../Incident.ts"
import { type Block, text, title, write } from "../OperatorMail.ts"
import * as Said from "../Said.ts"
import { preferred, send, type Way } from "../Ways.ts"

/** What belongs together is found within one look, or by the looks of many databases side by side. */
const gathering = Duration.seconds(3)
/** With this no send begins any more; one that has begun ends within 20 s. */
const limit = Duration.seconds(35)

class Untold extends Data.TaggedError("Untold")<{ readonly why: string }> {}

interface Entry {
  readonly message: Message
  readonly taken: Deferred.Deferred<boolean>
}

export interface Options {
  readonly to: ReadonlyArray<string>
  readonly ways: ReadonlyArray<Way>
}

/** Lives in its scope. */
export const make = Effect.fnUntraced(function* ({ to, ways }: Options) {
  const queue = yield* Queue.unbounded<Entry>()

  const say = Said.turning(
    (why) =>
      `alerts cannot be mailed: ${why} They are mailed when that works again${ways.length > 1 ? "" : "; until then only ALERT_WEBHOOK_URL tells of them"}`,
    "alerts can be mailed again"
  )

  const deliver = Effect.fnUntraced(function* (entries: ReadonlyArray<Entry>) {
    const [first] = entries
    if (first === undefined) return
    const messages = entries.map(({ message }) => message)
    const date = yield* DateTime.now
    const mail = write({ ...contentOf(messages), identity: identityOf(messages), to, date })
    const attempt = Effect.flatMap(send(preferred(ways, first.message.database), mail), (sent) =>
      sent._tag === "Accepted" ? Effect.void : Effect.fail(new Untold({ why: sent.why }))
    )
    const why = yield* attempt.pipe(
      Effect.retry(blip),
      Effect.as(undefined),
      Effect.catch(({ why }) => Effect.succeed(why)),
      Effect.timeoutOrElse({ duration: limit, orElse: () => Effect.succeed("Microsoft takes too long.") })
    )
    yield* say(why)
    for (const { taken } of entries) yield* Deferred.succeed(taken, why === undefined)
  })

  const round = Effect.gen(function* () {
    const first = yield* Queue.take(queue)
    yield* Effect.sleep(gathering)
    const all = [first, ...(yield* Queue.clear(queue))]
    // Each mail goes by the credentials that none of its databases uses.
    const groups = Arr.groupBy(all, ({ message }) => String(preferred(ways, message.database)[0]?.credential))
    yield* Effect.forEach(Object.values(groups), (entries) => Effect.forkChild(deliver(entries)), { discard: true })
  })
  yield* Effect.forkScoped(Effect.forever(round))

  const teller: Teller = {
    post: Effect.fnUntraced(function* (message) {
      const taken = yield* Deferred.make<boolean>()
      yield* Queue.offer(queue, { message, taken })
      return yield* Deferred.await(taken)
    })
  }
  return teller
})

const identityOf = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  messages.map(({ database, detail, event, kind, since, table }) =>
    JSON.stringify([database, kind, table, event, DateTime.formatIso(since), detail])
  )

const subjectOf = (messages: ReadonlyArray<Message>): string => {
  const [first] = messages
  if (messages.length === 1 && first !== undefined) return headline(first)
  return `${messages.length} alerts: ${[...new Set(messages.map(({ database }) => database))].join(", ")}`
}

/** What the mail says. */
export const contentOf = (messages: ReadonlyArray<Message>) => ({
  subject: `[Inquiries Mailer] ${subjectOf(messages)}`,
  blocks: [
    ...messages.flatMap((message): ReadonlyArray<Block> => [
      title(headline(message)),
      text(message.event === "over" ? "It works again; there is nothing to do." : message.detail),
      text(`Database ${message.database}, since ${DateTime.formatIso(message.since)}.`)
    ]),
    text(
      messages.every(({ event }) => event === "over")
        ? "You get this because ALERT_EMAIL names you."
        : "You get this because ALERT_EMAIL names you. You are reminded once a day while it lasts, and told when it is over."
    )
  ]
})
