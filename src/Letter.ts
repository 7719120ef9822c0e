// The mail that tells of a row: what its template makes of it, to whom and from whom it goes. Pure; a template that cannot
// show the row throws.
import type { DateTime } from "effect"
import type { Database, Table } from "./Database.ts"
import type { Mail } from "./Mailer.ts"
import type { Notice } from "./Notice.ts"
import { messageId } from "./Notice.ts"
import type { Row } from "./Row.ts"
import { digest } from "./template/digest.ts"
import { render } from "./template/render.ts"
import type { Context, Rendered } from "./template/Template.ts"

interface Place {
  readonly database: Database
  readonly table: Table
}

export const write = (notice: Pick<Notice, "id" | "maybeSent">, row: Row, place: Place, date: DateTime.Utc): Mail =>
  addressed(notice, place, date, render(place.table.template)(row, contextOf(place)))

/** One mail that tells of all these rows. */
export const writeDigest = (
  notice: Pick<Notice, "id" | "maybeSent">,
  rows: ReadonlyArray<Row>,
  place: Place,
  date: DateTime.Utc
): Mail => {
  const { burst, template } = place.table
  return addressed(notice, place, date, digest(template, rows, burst?.within, contextOf(place)))
}

const contextOf = ({ database: { name, timeZone }, table: { createdAt, replyTo } }: Place): Context => ({
  database: name,
  ...{ createdAt, replyTo, timeZone }
})

const addressed = (
  notice: Pick<Notice, "id" | "maybeSent">,
  { database: { envelope } }: Place,
  date: DateTime.Utc,
  rendered: Rendered
): Mail => ({
  messageId: messageId(notice.id, envelope.from),
  correlationId: notice.id,
  date,
  from: envelope.from,
  to: envelope.to,
  cc: envelope.cc,
  replyTo: rendered.replyTo,
  subject: rendered.subject,
  text: rendered.text,
  html: rendered.html,
  maybeDuplicate: notice.maybeSent
})
