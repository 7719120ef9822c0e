// The subject: `New inquiry: 2023 Honda Civic – Jane Doe (#42)`. One line of at most 78 code units; the words before
// the colon and the reference always stay, the customer's words are cut to what is left, each getting a fair part.
import { share, shorten } from "./cut.ts"
import { cleanLine } from "./sanitize.ts"

const longest = 78
const between = " – "

/** `#42`; a text key such as a uuid by its beginning. */
export const reference = (key: string, max: number): string => `#${shorten(cleanLine(key), max)}`

export const subject = (title: string, words: ReadonlyArray<string>, key: string): string => {
  const end = ` (${reference(key, 14)})`
  const given = words.map((word) => cleanLine(shorten(word, 500))).filter((word) => word !== "")
  if (given.length === 0) return title + end
  const whole = `${title}: ${given.join(between)}${end}`
  if (whole.length <= longest) return whole
  const room = longest - title.length - 2 - end.length - between.length * (given.length - 1)
  const each = share(
    given.map((word) => word.length),
    room
  )
  return `${title}: ${given.map((word) => shorten(word, each)).join(between)}${end}`
}
