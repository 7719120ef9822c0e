// A test mail through the whole chain, with the newest row of the first table or an invented one, and what became of it
// in the mailbox where that may be read. The outbox is not touched: no notice, no attempt, no outcome.
import { DateTime, Duration, Effect } from "effect"
import { randomUUID } from "node:crypto"
import * as Catalog from "../Catalog.ts"
import * as Connection from "../Connection.ts"
import type { Database, Table } from "../Database.ts"
import { explain, type Mail, Mailer } from "../Mailer.ts"
import * as Probe from "../Mailer/Probe.ts"
import { messageId, NoticeId } from "../Notice.ts"
import type { Row } from "../Row.ts"
import { render } from "../template/render.ts"
import { type Finding, finding, hop, look, ok, skipped } from "./Hop.ts"
import { invented, newest } from "./Sample.ts"

/** As long as a send may take, and a little. */
const patience = Duration.seconds(30)
/** Sent items lag. */
const lag = Duration.seconds(30)
const rhythm = Duration.seconds(1)

export const hops = Effect.fnUntraced(function* (database: Database, to: string) {
  const [table] = database.tables
  if (table === undefined) return []
  const read = yield* look("test: row", Effect.provide(sample(table), Connection.once(database.address)))
  if (read.found === undefined) return [read.hop, skipped("test: mail", "there is no row to send")]
  const made = yield* look("test: mail", composed(database, table, read.found, to))
  if (made.found === undefined) return [read.hop, made.hop]
  const mail = made.found
  const sent = yield* look("test: sent", sending(mail), patience)
  if (sent.found === undefined) return [read.hop, made.hop, sent.hop]
  return [
    read.hop,
    made.hop,
    sent.hop,
    yield* hop("test: in the mailbox", readBack(database, mail), Duration.sum(lag, patience))
  ]
})

const sample = Effect.fnUntraced(function* (table: Table) {
  const description = yield* Catalog.describe(table.name)
  if (Catalog.isRefusal(description)) return [finding("broken", description.refused), undefined] as const
  const real = yield* newest(description)
  const name = `${description.schema}.${description.name}`
  return real === undefined
    ? ([ok(`${name} is empty: one is made up`), invented(description, table)] as const)
    : ([ok(`the one with the highest key in ${name}`), real] as const)
})

const composed = Effect.fnUntraced(function* (database: Database, table: Table, row: Row, to: string) {
  const { envelope, name, timeZone } = database
  const rendered = render(table.template)(row, { ...table, database: name, timeZone })
  const id = NoticeId.make(randomUUID())
  const mail: Mail = {
    ...rendered,
    subject: `[Test] ${rendered.subject}`,
    from: envelope.from,
    to: [to],
    cc: [],
    date: yield* DateTime.now,
    messageId: messageId(id, envelope.from),
    correlationId: id,
    maybeDuplicate: false
  }
  return [ok(`with the template ${table.template}, for ${to}`), mail] as const
})

const sending = Effect.fnUntraced(function* (mail: Mail) {
  const { send } = yield* Mailer
  const sent = yield* Effect.result(send(Effect.succeed(mail), Effect.void))
  return sent._tag === "Success"
    ? ([ok(`accepted as request ${sent.success.requestId ?? "unknown"}, Message-ID ${mail.messageId}`), true] as const)
    : ([finding("broken", explain(sent.failure.reason)), undefined] as const)
})

/** Looks until it is there. Who may not read the mailbox does not know. */
const readBack = Effect.fnUntraced(function* (database: Database, mail: Mail) {
  const place = { cloud: database.credential.cloud, from: mail.from }
  const found = yield* Probe.source(place, mail.messageId).pipe(
    Effect.tap((found) => (found === "absent" ? Effect.sleep(rhythm) : Effect.void)),
    Effect.repeat({ until: (found) => found !== "absent" }),
    Effect.timeoutOrElse({ duration: lag, orElse: () => Effect.succeed("absent" as const) }),
    Effect.orElseSucceed(() => "unreadable" as const)
  )
  if (found === "absent") return finding("not known", `not shown there within ${Duration.format(lag)}`)
  if (found === "unreadable") return finding("not known", "the application may not read it (Mail.Read)")
  return survival(mail, found.source)
})

/** What of a mail is still there, in the form in which the mailbox hands it out. */
export const survival = (mail: Pick<Mail, "messageId" | "replyTo">, source: string): Finding => {
  const end = source.search(/\r?\n\r?\n/)
  const head = source.slice(0, end < 0 ? undefined : end).replace(/\r?\n[ \t]+/g, " ")
  const header = (name: string) => new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1]?.trim()
  const parts: ReadonlyArray<readonly [string, boolean]> = [
    ["Message-ID", header("message-id") === mail.messageId],
    ["text part", /^content-type: *text\/plain/im.test(source)],
    ["HTML part", /^content-type: *text\/html/im.test(source)],
    ["X-Auto-Response-Suppress", header("x-auto-response-suppress") !== undefined],
    ...(mail.replyTo === undefined
      ? []
      : [["Reply-To", header("reply-to")?.includes(mail.replyTo.address) === true] as const])
  ]
  const names = (survived: boolean) => parts.filter(([, there]) => there === survived).map(([name]) => name)
  const lost = names(false)
  return lost.length === 0
    ? ok(`all survived: ${names(true).join(", ")}`)
    : finding("warning", `did not survive: ${lost.join(", ")}; survived: ${names(true).join(", ") || "nothing"}`)
}
