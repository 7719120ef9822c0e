// How a repair is written where the settings are: as a variable with its number, or as a place in the JSON.
import type { Address, Database } from "../Database.ts"
import { type Repair, set } from "./Hop.ts"

/** A server that is to be reached, and what its address is called. */
export interface Place {
  readonly database: Pick<Database, "address">
  /** The line that sets this setting, named by its path in the JSON form, to this. */
  readonly setting: (path: ReadonlyArray<string | number>, value: string) => string
  /** The address is written as one URL. */
  readonly byUrl: boolean
}

/** What is checked: a database, and what its settings are called. */
export interface Subject extends Place {
  readonly database: Database
}

export const setTo = ({ setting }: Place, path: ReadonlyArray<string | number>, value: string): Repair =>
  set(setting(path, value))

type Part = "host" | "port" | "database" | "user" | "password"

/** Another address. What it must be stands in angle brackets where only a person can know it. */
export const setAddress = (subject: Place, parts: Partial<Record<Part, string>>): ReadonlyArray<Repair> => {
  if (!subject.byUrl) {
    return Object.entries(parts).map(([part, value]) => setTo(subject, ["address", part], value))
  }
  const { database, host, password, port, user } = { ...written(subject.database.address), ...parts }
  return [setTo(subject, ["url"], `postgres://${user}:${password}@${host}:${port}/${database}`)]
}

const written = ({ database, host, port, user }: Address): Record<Part, string> => ({
  host,
  port: String(port),
  database: encodeURIComponent(database),
  user: encodeURIComponent(user),
  password: "<password>"
})
