// Receipts: what one would say now, and those that have arrived.
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import type { Database } from "../../src/Database.ts"
import { toText } from "../../src/OperatorMail.ts"
import * as Receipt from "../../src/Receipt.ts"

/** Due from midnight on, whenever the test runs. */
export const receipt = { to: ["office@example.com"], hour: 0, minute: 0, timeZone: "UTC" }

/** As if the tables had been watched for a long time. */
export const watchedLong = (admin: PgClient.PgClient) =>
  admin`update inquiries_mailer.tables set watched_since = now() - interval '90 days'`

/** Rows written yesterday at noon, by the clock of Toronto and in a column without zone. */
export const writtenYesterday = (admin: PgClient.PgClient) =>
  admin`update inquiries set created_at = (now() at time zone 'UTC')::date - 1 + time '07:00'`

export const look = (...databases: ReadonlyArray<Database>) =>
  Effect.map(Receipt.look(databases, "UTC"), ({ complete, content }) => ({
    complete,
    subject: content.subject.replace(/^.*?: /, ""),
    text: toText(content.blocks)
  }))

/** The receipts that have arrived: their subjects and texts. */
export const receipts = Effect.fnUntraced(function* (standIn: GraphStandIn.StandIn) {
  const parsed = yield* Effect.forEach(standIn.mails, (mail) => mail.parsed)
  return parsed
    .filter(({ to = [] }) => to.some(({ address }) => address === "office@example.com"))
    .map(({ subject = "", text = "" }) => ({ subject: subject.replace(/^.*?: /, ""), text }))
})

export const awaitReceipt = (standIn: GraphStandIn.StandIn) =>
  Effect.sleep("50 millis").pipe(
    Effect.andThen(receipts(standIn)),
    Effect.repeat({ until: (all) => all.length > 0 }),
    Effect.timeout("40 seconds")
  )
