// The mail that tells of a row: what its template makes of it, to whom and from whom it goes. Pure; a template that cannot
// show the row throws.
import type { DateTime } from "effect"
import type { Database, Table } from "./Database.ts"
import type { Mail } from "./Mailer.ts"
import type { Notice } from "./Notice.ts"
import { messageId } from "./Notice.ts"
import type { Row } from "./Row.ts"
import { render } from "./template/render.ts"

export const write = (
  notice: Pick<Notice, "id" | "maybeSent">,
  row: Row,
  { database, table }: { readonly database: Database; readonly table: Table },
  date: DateTime.Utc
): Mail => {
  const context = { ...table, database: database.name, timeZone: database.timeZone }
  return {
    ...render(table.template)(row, context),
    ...database.envelope,
    date,
    messageId: messageId(notice.id, database.envelope.from),
    correlationId: notice.id,
    maybeDuplicate: notice.maybeSent
  }
}
