// A mail before it is laid out. Every text in it is clean and none is escaped: each part escapes for itself.
import type { Item } from "./Item.ts"

/** What a template decides. */
export interface Letter {
  /** For example `New inquiry`. */
  readonly title: string
  /** What such rows are called where several are told of. */
  readonly kind: { readonly one: string; readonly many: string }
  /** What it is about, in the customer's words; empty if unknown. */
  readonly fact: string
  /** Whom it is from, perhaps with a company; empty if unknown. */
  readonly person: string
  readonly items: ReadonlyArray<Item>
}

/** What a part is drawn from. */
export interface Page extends Omit<Letter, "kind"> {
  /** For example `#42`. */
  readonly reference: string
  /** Where the row is: database, table and key. */
  readonly source: string
  /** What happens when somebody answers; empty if the table has no column for an address. */
  readonly answer: string
  /** What an item is, where some are not shown. */
  readonly itemName: "field" | "row"
}
