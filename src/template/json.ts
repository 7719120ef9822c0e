// JSON and lists for people. JSON is indented by its punctuation alone and never parsed: a 20-digit number stays what
// it is, and the beginning of a document that was cut is still readable.
import { Option, Schema } from "effect"

// Deeper levels indent no further, or 64 kB of brackets would become gigabytes.
const deepest = 8

const token = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{[]\s*[}\]]|[{}[\],:]|[^\s"{}[\],:]+/gs

export const indented = (json: string): string => {
  const out: Array<string> = []
  let depth = 0
  const line = () => `\n${"  ".repeat(Math.min(depth, deepest))}`
  for (const part of json.match(token) ?? []) {
    if (part === "{" || part === "[") {
      depth += 1
      out.push(part, line())
    } else if (part === "}" || part === "]") {
      depth = Math.max(0, depth - 1)
      out.push(line(), part)
    } else if (part === ",") {
      out.push(part, line())
    } else {
      out.push(part === ":" ? ": " : part)
    }
  }
  return out.join("")
}

const strings = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Schema.String)))

/** The items of a JSON array of strings, for example `["Ocean freight", "Customs"]`. */
export const jsonList = (json: string): ReadonlyArray<string> | undefined => Option.getOrUndefined(strings(json))

const element = /"((?:[^"\\]|\\.)*)"|([^\s{}",\\][^{}",\\]*)/sy

/** The items of PostgreSQL's form of a one-dimensional array, for example `{"Ocean freight",Customs}`. */
export const arrayList = (literal: string): ReadonlyArray<string> | undefined => {
  if (literal === "{}") return []
  const items: Array<string> = []
  let at = 0
  for (let separator = "{"; literal.charAt(at) === separator; separator = ",") {
    element.lastIndex = at + 1
    const [whole, quoted, bare] = element.exec(literal) ?? []
    if (whole === undefined) return undefined
    items.push(bare ?? quoted?.replace(/\\(.)/gs, "$1") ?? "")
    at = at + 1 + whole.length
  }
  return items.length > 0 && literal.slice(at) === "}" ? items : undefined
}
