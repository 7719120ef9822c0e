// What a kind of mail is: a pure function from a row to what is said of it. Each part of the mail escapes for itself, and all
// assume that every value was typed by a stranger.
import type { Row } from "../Row.ts"
import type { Letter } from "./Page.ts"

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

export type Template = (row: Row, context: Context) => Letter
