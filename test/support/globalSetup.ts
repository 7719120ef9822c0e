// One PostgreSQL for all integration tests: started before the first, gone after the last. The run may be interrupted or
// killed; the server does not outlive it.
import { Effect, Exit, Redacted, Scope } from "effect"
import type { TestProject } from "vitest/node"
import * as Postgres from "../../scripts/stage/Postgres.ts"

declare module "vitest" {
  export interface ProvidedContext {
    postgres: { readonly host: string; readonly port: number; readonly user: string; readonly password: string }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scope = Scope.makeUnsafe()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const server = await Effect.runPromise(
    Postgres.start().pipe(
      Scope.provide(scope),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
  )
  const { host, port, user, password } = server
  project.provide("postgres", { host, port, user, password: Redacted.value(password) })
  return close
}
