// How OpenTelemetry writes addresses, numbers and lists of pairs into variables.
import { Record, Result } from "effect"

/** A key in an address would stand in proxies' logs. */
export const collectorAddress = (written: string): string | undefined => {
  if (!URL.canParse(written)) return undefined
  const { hash, password, protocol, search, username } = new URL(written)
  const bare = hash === "" && search === "" && username === "" && password === ""
  return bare && ["http:", "https:"].includes(protocol) ? written : undefined
}

export const parseNumber = (written: string, least: number, most: number): number | undefined => {
  const value = Number(written)
  return /^\d*\.?\d+$/.test(written) && value >= least && value <= most ? value : undefined
}

/** `a=1,b=two%20words`, as in a header of W3C baggage. */
export const parsePairs = (written: string): Readonly<Record<string, string>> | undefined => {
  const pairs: Array<readonly [string, string]> = []
  for (const pair of written.split(",").map((part) => part.trim())) {
    if (pair === "") continue
    const [, name, coded] = /^([\w.!#$%&'*+^`|~-]+)\s*=\s*(.*)$/.exec(pair) ?? []
    if (name === undefined || coded === undefined) return undefined
    const value = Result.getOrUndefined(Result.try(() => decodeURIComponent(coded)))
    if (value === undefined || /[^\x20-\x7e]/.test(value)) return undefined
    pairs.push([name, value])
  }
  return Record.fromEntries(pairs)
}
