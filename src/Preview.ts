// Mails of rows that are there, as they would go out now; nothing is sent, and neither outbox nor Graph is touched. Needs
// no more than to read the table.
import { DateTime, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { randomUUID } from "node:crypto"
import * as Catalog from "./Catalog.ts"
import { describeCrash } from "./Crash.ts"
import type { Database, Table } from "./Database.ts"
import * as Letter from "./Letter.ts"
import type { Mail } from "./Mailer.ts"
import * as Mime from "./Mailer/Mime.ts"
import { NoticeId } from "./Notice.ts"
import * as Order from "./Order.ts"
import * as Records from "./Records.ts"
import { orOutage } from "./SqlOutage.ts"

/** The newest rows, as many as `last`, or these. */
export type Which = { readonly last: number } | { readonly keys: ReadonlyArray<string> }

export interface Previewed {
  readonly key: string
  /** The key is text, and perhaps personal: it has no place in a file's name. */
  readonly secretKey: boolean
  readonly mail: Mail
  readonly mime: Uint8Array
}

export interface Preview {
  /** Schema and name. */
  readonly title: string
  /** Nothing in the table says which of its rows are the newest. */
  readonly unordered: boolean
  readonly previewed: ReadonlyArray<Previewed>
  /** Keys without a row, and rows without a mail. */
  readonly problems: ReadonlyArray<string>
}

/** A preview, or why the table has none. */
export const preview = Effect.fn("Preview.preview")(function* (database: Database, table: Table, which: Which) {
  const description = yield* Catalog.describe(table.name)
  if (Catalog.isRefusal(description)) return description
  const order = orderOf(database, table, description)
  const keys = "keys" in which ? which.keys : yield* newest(description, order, which.last)
  const rows = yield* Records.fetch(description, keys)
  const date = yield* DateTime.now
  const previewed: Array<Previewed> = []
  const problems: Array<string> = []
  for (const key of keys) {
    const row = rows.get(key)
    if (row === undefined) {
      problems.push(`there is no row ${JSON.stringify(key)}`)
      continue
    }
    const notice = { id: NoticeId.make(randomUUID()), maybeSent: false }
    const written = Effect.sync(() => Letter.write(notice, row, { database, table }, date)).pipe(
      Effect.flatMap((mail) => Effect.map(Mime.render(mail), (mime) => ({ mail, mime }))),
      Effect.catchCause((cause) =>
        Effect.sync(() => {
          problems.push(`row ${JSON.stringify(key)} cannot be shown: ${describeCrash(cause)}`)
        })
      )
    )
    const result = yield* written
    if (result !== undefined) previewed.push({ ...result, key, secretKey: Catalog.isTextKey(description.keyType) })
  }
  const unordered = "last" in which && order === undefined
  const found: Preview = { title: `${description.schema}.${description.name}`, unordered, previewed, problems }
  return found
})

interface By {
  readonly at: string
  readonly params: ReadonlyArray<string>
}

const orderOf = ({ timeZone }: Database, { createdAt }: Table, description: Catalog.Description): By | undefined => {
  if (Order.grows(description)) return { at: `r.${Catalog.identifier(description.key)}`, params: [] }
  const written = Order.written(description, createdAt, "$1")
  return written === undefined ? undefined : { at: written.at, params: written.zoned ? [timeZone] : [] }
}

const newest = Effect.fnUntraced(function* (table: Catalog.Description, order: By | undefined, last: number) {
  const sql = yield* SqlClient
  const key = `r.${Catalog.identifier(table.key)}`
  const rows = yield* orOutage(
    sql.unsafe<{ readonly key: string }>(
      `select ${key}::text as key from ${Catalog.quoted(table)} r
      order by ${order?.at ?? key} desc nulls last limit ${last}`,
      order?.params ?? []
    )
  )
  return rows.map(({ key }) => key)
})
