// What fits into a part. No mail may grow past what mail clients show and servers take, however much a stranger typed
// and however many columns a table has; what does not fit is cut in sight.
//
// A part's size is counted as it travels, in UTF-8 with CRLF. Base64 makes 78 bytes of 57, so that
// (60,000 + 80,000) × 78 / 57 < 192,000 leaves 8 kB for headers in a message of at most 200 kB. A part that goes out as it
// is takes less. Quoted-printable may treble a part instead: the mailer must not send any by that.
import { beginning, byteLength, share } from "./cut.ts"
import type { Item } from "./Item.ts"

export const textLimit = 80_000
/** Also well below the 102 kB at which Gmail clips. */
export const htmlLimit = 60_000

/** As much of an item as a part shows. */
export interface Portion {
  readonly item: Item
  readonly text: string
  readonly bytes: number
  /** Says what is missing; absent if nothing is. */
  readonly note: string | undefined
}

export interface Part {
  /** UTF-8 bytes that one field may show. */
  readonly fieldLimit: number
  /** At least what one code point of a value adds to the part. */
  readonly cost: (codePoint: number) => number
  readonly note: (item: Item, bytes: number) => string
  readonly draw: (portion: Portion) => string
}

interface Fitted {
  readonly portions: ReadonlyArray<Portion>
  /** All of them, one after the other. */
  readonly drawn: string
  /** Items, the last ones, for which there was no room at all. */
  readonly leftOut: number
}

export const travelling = (part: string): number => {
  let lines = 0
  for (let at = part.indexOf("\n"); at >= 0; at = part.indexOf("\n", at + 1)) lines += 1
  return byteLength(part) + lines
}

/** Without counting where it is plain: a code unit takes one byte at least and three at most, a line break two. */
const fits = (parts: ReadonlyArray<string>, limit: number): boolean => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return length * 3 <= limit || (length <= limit && parts.reduce((sum, part) => sum + travelling(part), 0) <= limit)
}

// Room that every value gets before longer ones share the rest.
const least = 120

const take = (part: Part, item: Item, room: number): Portion & { readonly cost: number } => {
  const piece = beginning(item.text, part.fieldLimit, room, part.cost)
  return { ...piece, item, note: piece.bytes < item.total ? part.note(item, piece.bytes) : undefined }
}

const frame = (part: Part, whole: Portion & { readonly cost: number }): number => {
  const size = (note: string | undefined) => travelling(part.draw({ item: whole.item, text: "", bytes: 0, note }))
  // The slack is for a note that names more bytes than this one, which says 0.
  return whole.note === undefined && whole.cost <= least ? size(undefined) : size(part.note(whole.item, 0)) + 8
}

/** All of it, as nearly every mail is. */
const whole = (items: ReadonlyArray<Item>, limit: number, around: string, part: Part): Fitted | undefined => {
  const portions: Array<Portion> = []
  let drawn = ""
  for (const item of items) {
    const { bytes, text, total } = item
    if (bytes > part.fieldLimit) return undefined
    const portion = { item, text, bytes, note: bytes < total ? part.note(item, bytes) : undefined }
    drawn += part.draw(portion)
    if (drawn.length > limit) return undefined
    portions.push(portion)
  }
  return fits([around, drawn], limit) ? { portions, drawn, leftOut: 0 } : undefined
}

/** `around` is the most that stands above and below the items. */
export const fit = (items: ReadonlyArray<Item>, limit: number, around: string, part: Part): Fitted =>
  whole(items, limit, around, part) ?? cut(items, limit - travelling(around), part)

const cut = (items: ReadonlyArray<Item>, budget: number, part: Part): Fitted => {
  const wants: Array<Portion & { readonly cost: number }> = []
  let spare = budget
  let room = budget
  for (const item of items) {
    const whole = take(part, item, Infinity)
    const fixed = frame(part, whole)
    spare -= fixed + Math.min(whole.cost, least)
    if (spare < 0) break
    room -= fixed
    wants.push(whole)
  }
  const each = share(
    wants.map(({ cost }) => cost),
    room
  )
  const portions = wants.map((whole) => (whole.cost <= each ? whole : take(part, whole.item, each)))
  return { portions, drawn: portions.map(part.draw).join(""), leftOut: items.length - wants.length }
}
