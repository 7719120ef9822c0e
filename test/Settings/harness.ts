// Runs the settings on given variables and files, without touching this machine's.
import { Effect, FileSystem, PlatformError, Redacted } from "effect"
import type { Database } from "../../src/Database.ts"
import { fromEnvironment } from "../../src/Settings.ts"

export type Variables = Readonly<Record<string, string>>

export const files = (contents: Variables) =>
  FileSystem.layerNoop({
    readFileString: (path) => {
      const content = contents[path]
      return content === undefined
        ? Effect.fail(
            PlatformError.systemError({
              _tag: "NotFound",
              module: "FileSystem",
              method: "readFile",
              pathOrDescriptor: path
            })
          )
        : Effect.succeed(content)
    }
  })

export const settle = (variables: Variables, contents: Variables = {}) =>
  fromEnvironment(variables, false).pipe(Effect.provide(files(contents)))

export const refused = (variables: Variables, contents: Variables = {}) => Effect.flip(settle(variables, contents))

/** Where each mistake is. */
export const places = (variables: Variables, contents: Variables = {}) =>
  Effect.map(refused(variables, contents), (error) => error.issues.map((issue) => issue.at))

export const mail: Variables = {
  TENANT_ID: "autos.example.com",
  CLIENT_ID: "6b9d1f3e-0d6a-4c55-9d6f-2f6f6f0c1a11",
  CLIENT_SECRET: "first-secret",
  FROM_EMAIL: "noreply@example.com",
  TO_EMAIL: "sales@example.com"
}

export const complete: Variables = { DATABASE_URL: "postgres://mailer:pw@db.example.com/autos", ...mail }

/** The same variables for another instance. */
export const numberedAs = (instance: number, variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`${name}_${instance}`, value]))

export const entry = {
  url: "postgres://mailer:pw@db.example.com/autos",
  tables: [{ table: "inquiries" }],
  mail: {
    tenantId: "autos.example.com",
    clientId: "client",
    clientSecret: "secret",
    from: "noreply@example.com",
    to: ["sales@example.com"]
  }
}

export const asJson = (...entries: ReadonlyArray<unknown>): Variables => ({ MAILER_DATABASES: JSON.stringify(entries) })

export const passwordOf = (database: Database | undefined): string | undefined => {
  const password = database?.address.password
  return password === undefined ? undefined : Redacted.value(password)
}

export const secretOf = (database: Database | undefined): string | undefined => {
  const proof = database?.credential.proof
  if (proof === undefined) return undefined
  return Redacted.value(proof._tag === "Secret" ? proof.secret : proof.pem)
}
