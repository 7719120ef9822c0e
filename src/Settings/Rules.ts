// What a Schema of single fields cannot say: of two settings exactly one, and no name or table twice. Looked for in the
// raw entries, so that these mistakes are reported beside all others and not only after them.
import { Predicate, Result } from "effect"
import type { Path, Problem, Source } from "./Source.ts"
import { parseTable, tableKey } from "./TableText.ts"
import { isLocal } from "./Tls.ts"

type Raw = Readonly<Record<PropertyKey, unknown>>

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const exactlyOne = (
  raw: Raw,
  path: Path,
  names: readonly [string, string],
  at: Source["at"]
): ReadonlyArray<Problem> => {
  const [first, second] = names
  const set = names.filter((name) => raw[name] !== undefined)
  if (set.length === 1) return []
  const problem = set.length === 0 ? "is not set, nor is" : "is set together with"
  return [{ path: [...path, first], problem: `${problem} ${at([...path, second])}: exactly one of them is needed` }]
}

/** Every later one of those that share a key. */
const repeated = <A>(items: ReadonlyArray<A>, key: (item: A) => string | undefined) =>
  items.flatMap((item, index) => {
    const own = key(item)
    const first = own === undefined ? index : items.findIndex((other) => key(other) === own)
    return first < index ? [{ index, first }] : []
  })

const addressRules = (entry: Raw, path: Path): ReadonlyArray<Problem> => {
  const { address } = entry
  if (!Predicate.isObject(address)) return []
  const raw = address as Raw
  const needless = raw["password"] !== undefined || typeof raw["host"] !== "string" || isLocal(raw["host"])
  return needless ? [] : [{ path: [...path, "address", "password"], problem: "is not set" }]
}

const tableRules = (entry: Raw, path: Path, at: Source["at"]): ReadonlyArray<Problem> =>
  repeated(list(entry["tables"]), (table) => {
    const written = Predicate.hasProperty(table, "table") ? table.table : undefined
    return typeof written === "string" ? Result.getOrUndefined(Result.map(parseTable(written), tableKey)) : undefined
  }).map(({ index, first }) => ({
    path: [...path, "tables", index, "table"],
    problem: `is the same table as ${at([...path, "tables", first, "table"])}`
  }))

const wakeRules = (entry: Raw, path: Path, at: Source["at"]): ReadonlyArray<Problem> =>
  entry["wake"] === "poll" && entry["capture"] === "notify"
    ? [
        {
          path: [...path, "wake"],
          problem: `is poll, while ${at([...path, "capture"])} is notify, which has to listen`
        }
      ]
    : []

const burstRules = (entry: Raw, path: Path, at: Source["at"]): ReadonlyArray<Problem> =>
  entry["capture"] === "notify" || entry["capture"] === "auto"
    ? list(entry["tables"]).flatMap((table, index) =>
        Predicate.hasProperty(table, "burst") && table.burst !== undefined
          ? [
              {
                path: [...path, "tables", index, "burst"],
                problem: `needs the outbox, which knows of each row in which mail it is: ${at([...path, "capture"])} must be outbox`
              }
            ]
          : []
      )
    : []

const entryRules = (entry: unknown, path: Path, at: Source["at"]): ReadonlyArray<Problem> => {
  if (!Predicate.isObject(entry)) return []
  const raw = entry as Raw
  const { mail } = raw
  return [
    ...exactlyOne(raw, path, ["url", "address"], at),
    ...addressRules(raw, path),
    ...tableRules(raw, path, at),
    ...wakeRules(raw, path, at),
    ...burstRules(raw, path, at),
    ...(Predicate.isObject(mail)
      ? exactlyOne(mail as Raw, [...path, "mail"], ["clientSecret", "clientCertificate"], at)
      : [])
  ]
}

export const rules = (source: Source): ReadonlyArray<Problem> => {
  const entries = list(source.entries)
  const names = repeated(entries, (entry) =>
    Predicate.hasProperty(entry, "name") && typeof entry.name === "string" ? entry.name : undefined
  )
  return [
    ...entries.flatMap((entry, index) => entryRules(entry, [index], source.at)),
    ...names.map(({ index, first }) => ({
      path: [index, "name"],
      problem: `is the same name as ${source.at([first, "name"])}`
    }))
  ]
}
