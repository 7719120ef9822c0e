// What the settings of one database are called where they were written: for whoever is told which of them to change.
import { Predicate } from "effect"
import type { Path, Source } from "./Source.ts"

export interface Place {
  /** The line that sets the setting at this path of the JSON form to this value. */
  readonly setting: (path: Path, value: string) => string
  /** Its address is written as one URL. */
  readonly byUrl: boolean
}

export const placesOf = ({ at, entries }: Source): ReadonlyArray<Place> =>
  (Array.isArray(entries) ? entries : []).map((entry: unknown, index) => ({
    setting: (path, value) => {
      const place = at([index, ...path])
      // A place in the JSON, and no variable.
      return place.includes("[") ? `${place} = ${JSON.stringify(value)}` : `${place}=${value}`
    },
    byUrl: Predicate.hasProperty(entry, "url") && entry.url !== undefined
  }))
