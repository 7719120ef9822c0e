// Column names for people. One rule: words at `_`, `-`, `.`, spaces and camelCase humps, each with a capital, and the
// usual initialisms in capitals: `vehicle_id` → `Vehicle ID`, `createdAt` → `Created At`.
import { shorten } from "./cut.ts"
import { cleanLine } from "./sanitize.ts"

const initialisms = new Set([
  "api",
  "html",
  "http",
  "id",
  "ip",
  "json",
  "sms",
  "uri",
  "url",
  "utc",
  "uuid",
  "vat",
  "vin"
])

const words = (column: string): ReadonlyArray<string> =>
  shorten(cleanLine(column), 64)
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .split(/[\s_.-]+/)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase())

/** As many entries as there are columns in the watched tables, and the same ones for every row. */
export const memoized = <A extends string>(of: (column: string) => A): ((column: string) => A) => {
  const known = new Map<string, A>()
  return (column) => {
    const found = known.get(column)
    if (found !== undefined) return found
    const made = of(column)
    known.set(column, made)
    return made
  }
}

const capital = (word: string): string =>
  initialisms.has(word) ? word.toUpperCase() : word.replace(/^./u, (first) => first.toUpperCase())

export const label = memoized((column) => words(column).map(capital).join(" ") || "(unnamed)")

/** One spelling for `firstName`, `FIRST_NAME` and `first_name`, by which the templates look for columns. */
export const normal = memoized((column) => words(column).join("_"))
