// Where workers that share the databases meet, and what this one is called there. Off unless CLUSTER_DATABASE_URL is set.
import { Schema } from "effect"
import { hostname } from "node:os"
import type { Database } from "../Database.ts"
import type { Cluster } from "../fleet/Open.ts"
import { addressOf } from "./AddressFields.ts"
import type { Place } from "./Place.ts"
import type { SettingsIssue } from "./SettingsError.ts"
import { DatabaseUrl, parameterOf } from "./Url.ts"
import { text } from "./Words.ts"

export const clusterFields = {
  CLUSTER_DATABASE_URL: Schema.optionalKey(DatabaseUrl),
  CLUSTER_NAME: Schema.optionalKey(
    text((value) =>
      /^[\w.-]{1,100}$/.test(value) ? undefined : "must be letters, digits, dots and hyphens, at most 100"
    )
  )
}

export const clusterExamples: Readonly<Record<keyof typeof clusterFields, string>> = {
  CLUSTER_DATABASE_URL: "postgres://mailer:password@db.example.com:5432/cluster?sslmode=verify-full",
  CLUSTER_NAME: "worker-1"
}

export const clusterOf = ({
  CLUSTER_DATABASE_URL: url,
  CLUSTER_NAME: name
}: Schema.Struct.Type<typeof clusterFields>): Cluster | undefined =>
  url === undefined
    ? undefined
    : {
        address: addressOf(url, url.mode, url.ca),
        name: name ?? hostname()
      }

/** How a setting of that address is written. */
export const clusterPlace: Place = {
  setting: ([, part], value) =>
    part === undefined
      ? `CLUSTER_DATABASE_URL=${value}`
      : `CLUSTER_DATABASE_URL=<the same address>?${parameterOf(part)}=${value}`,
  byUrl: true
}

/** A customer's database is no place to meet: nothing but the outbox is installed there. */
export const clusterIssues = (
  cluster: Cluster | undefined,
  databases: ReadonlyArray<Database>
): ReadonlyArray<SettingsIssue> => {
  const same = ({ address: { database, host, port } }: Database) =>
    database === cluster?.address.database &&
    host.toLowerCase() === cluster.address.host.toLowerCase() &&
    port === cluster.address.port
  const watched = databases.find(same)
  if (watched === undefined) return []
  const problem = `is the watched database ${watched.name}: workers need a database of their own to meet in`
  return [
    { at: "CLUSTER_DATABASE_URL", problem, example: `CLUSTER_DATABASE_URL=${clusterExamples.CLUSTER_DATABASE_URL}` }
  ]
}
