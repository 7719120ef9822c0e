// Statements that are asked again and again, for every mail: they go to a connection without what a client does for a
// statement that it sees for the first time, and without a span. Where nobody offers that way, they go as any other.
import { Context, Effect, Option } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/** Runs a statement with its parameters; never within a transaction. */
export type Run = (text: string, params: ReadonlyArray<unknown>) => Effect.Effect<ReadonlyArray<object>, SqlError>

export class Repeated extends Context.Service<Repeated, Run>()("inquiries-mailer/Repeated") {}

const texts = new Map<string, string>()

/** The text that `make` makes: one of some kilobytes for all databases that are alike in `key`. */
export const oneText = (key: string, make: () => string): string => {
  const text = texts.get(key) ?? make()
  // Of databases that are not alike there is nothing to keep.
  if (texts.size < 24) texts.set(key, text)
  return text
}

export const runner: Effect.Effect<Run, never, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  const offered = yield* Effect.serviceOption(Repeated)
  return Option.getOrElse(offered, (): Run => (text, params) => sql.unsafe(text, params))
})
