// Where the databases are written: numbered variables or one JSON value. A source hands over what it found, not yet
// checked, and can say for every path in it what a person knows the place by.
import type { SettingsIssue } from "./SettingsError.ts"

export type Path = ReadonlyArray<PropertyKey>

/** A mistake, before its path is turned into a variable's name. */
export interface Problem {
  readonly path: Path
  readonly problem: string
  /** Whose example helps, where the path itself has none. */
  readonly like?: Path
}

export interface Source {
  /** A list of entries as Document.ts describes them; undefined where not even a list could be read. */
  readonly entries: unknown
  readonly problems: ReadonlyArray<Problem>
  readonly issues: ReadonlyArray<SettingsIssue>
  readonly at: (path: Path) => string
  /** Which part of the place is meant, where `at` alone does not say it; otherwise empty. */
  readonly within: (path: Path) => string
  readonly example: (path: Path) => string
}

/** Set variables only: an empty one is unset. A Map, because names such as `constructor` are no properties of it. */
export type Environment = ReadonlyMap<string, string>

export const environment = (
  ...layers: ReadonlyArray<Readonly<Record<string, string | undefined>>>
): Map<string, string> => {
  const set = new Map<string, string>()
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) {
      if (value !== undefined && value.trim() !== "") set.set(name, value)
    }
  }
  return set
}
