// A plain client of PostgreSQL, as a web form or an administrator has one: it knows nothing of the mailer. Of a statement
// that failed it tells whether it surely had no effect.
import { Data, Effect, Schedule } from "effect"
import { Client as PgClient, DatabaseError } from "pg"

/** `certain` if it surely was not committed. */
export class Failed extends Data.TaggedError("Failed")<{ readonly certain: boolean; readonly reason: string }> {}

export interface Client {
  /** Several statements, without values, are one transaction. */
  readonly query: (
    text: string,
    values?: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<Record<string, unknown>>, Failed>
  readonly isOpen: () => boolean
}

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

/** An ERROR is the server's word that the statement was undone; a FATAL only says that the connection is. */
const isCertain = (cause: unknown) => cause instanceof DatabaseError && cause.severity === "ERROR"

export const connect = (url: string) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const client = new PgClient({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 20_000 })
        const state = { open: true }
        client.on("error", () => (state.open = false))
        client.on("end", () => (state.open = false))
        await client.connect()
        return { client, state }
      },
      catch: (cause) => new Failed({ certain: true, reason: reasonOf(cause) })
    }),
    ({ client }) => Effect.promise(() => client.end().catch(() => {})).pipe(Effect.timeoutOption("2 seconds"))
  ).pipe(
    Effect.map(({ client, state }): Client => ({
      isOpen: () => state.open,
      query: (text, values) =>
        Effect.tryPromise({
          try: () => (values === undefined ? client.query(text) : client.query(text, [...values])),
          catch: (cause) => new Failed({ certain: isCertain(cause), reason: reasonOf(cause) })
        }).pipe(Effect.map(({ rows }) => rows ?? []))
    }))
  )

/** One text over a connection of its own, again and again until the server takes it: only for what may be done twice. */
export const insist = (url: string, text: string, values?: ReadonlyArray<unknown>) =>
  Effect.scoped(Effect.flatMap(connect(url), ({ query }) => query(text, values))).pipe(
    Effect.retry({ schedule: Schedule.spaced("200 millis"), times: 300 }),
    Effect.orDie
  )
