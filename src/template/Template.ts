// What a kind of mail is: a pure function from a row to a subject, a text part and an HTML part. Templates escape here,
// where they know the context, and assume that every value was typed by a stranger.
import type { Row } from "../Row.ts"

export interface Context {
  /** The database's configured name, for the footer. */
  readonly database: string
  /** IANA. */
  readonly timeZone: string
  /** The column with the address that answers go to. */
  readonly replyTo: string
  /** The column that says when the row was written. */
  readonly createdAt: string
}

export interface Rendered {
  /** One line, at most 78 characters. */
  readonly subject: string
  readonly text: string
  readonly html: string
  /** The person who filled in the form; absent unless exactly one valid address was given. */
  readonly replyTo: { readonly name: string | undefined; readonly address: string } | undefined
}

export type Template = (row: Row, context: Context) => Rendered
