// The demo's three databases: the instances of the replaced system, their forms, and the variables that the worker is
// configured by.
import type { Server } from "../stage/Postgres.ts"
import * as samples from "../stage/samples.ts"

export interface Instance {
  readonly database: string
  /** The ending of its variables. */
  readonly suffix: string
  readonly form: string
  readonly sample: samples.Sample
  readonly to: string
}

export const instances: ReadonlyArray<Instance> = [
  { database: "autos", suffix: "", form: "Car inquiry", sample: samples.inquiries, to: "sales@example.com" },
  {
    database: "freight",
    suffix: "_2",
    form: "Quote request",
    sample: samples.quoteRequests,
    to: "quotes@example.com"
  },
  {
    database: "website",
    suffix: "_3",
    form: "Contact",
    sample: samples.contactSubmissions,
    to: "office@example.com,desk@example.com"
  }
]

export const total = instances.reduce((sum, { sample }) => sum + sample.inserts.length, 0)

export const variables = (server: Server, origin: string): Record<string, string> => ({
  GRAPH_EMULATOR_URL: origin,
  LOG_FORMAT: "pretty",
  ...Object.assign(
    {},
    ...instances.map(({ database, suffix, to }) => ({
      [`DATABASE_URL${suffix}`]: server.url(database),
      [`TENANT_ID${suffix}`]: "contoso.example.com",
      [`CLIENT_ID${suffix}`]: "00000000-0000-4000-8000-000000000001",
      [`CLIENT_SECRET${suffix}`]: "invented-for-the-demo",
      [`FROM_EMAIL${suffix}`]: `noreply@${database}.example.com`,
      [`TO_EMAIL${suffix}`]: to
    }))
  )
})
