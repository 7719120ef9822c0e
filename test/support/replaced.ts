// The replaced script as it behaves: it LISTENs on its channel, takes the row out of the payload or fetches it by its id,
// and mails each row that it hears of, one after the other. What comes while it is away it never hears of.
import { PgConnection } from "@effect/sql-pg"
import { Effect, Queue, Schema } from "effect"
import type { FreshDatabase } from "./freshDatabase.ts"

/** What its triggers notify: the id, or in old databases the whole row. */
export const payloads = {
  "the id": "json_build_object('id', new.id)",
  "the whole row": "row_to_json(new)"
} as const

export const installTrigger = Effect.fn("installTrigger")(function* (
  { admin }: Pick<FreshDatabase, "admin">,
  payload: keyof typeof payloads
) {
  yield* admin.unsafe(`
    create function notify_new_inquiry() returns trigger language plpgsql as $$
    begin perform pg_notify('new_record_channel', ${payloads[payload]}::text); return new; end $$`)
  yield* admin.unsafe(`
    create trigger notify_new_inquiry after insert on inquiries for each row execute function notify_new_inquiry()`)
})

const Payload = Schema.fromJsonString(Schema.Struct({ id: Schema.Int, subject: Schema.optionalKey(Schema.String) }))

/** Lives as long as its scope. `mailed` are the subjects of the rows that it has mailed, and grows. */
export const listening = Effect.fn("listening")(function* ({
  admin,
  database,
  host,
  password,
  port,
  user
}: Pick<FreshDatabase, "admin" | "database" | "host" | "password" | "port" | "user">) {
  const connection = yield* PgConnection.make({ host, port, database, username: user, password })
  const heard = yield* connection.listen("new_record_channel")
  const mailed: Array<string> = []
  const one = Effect.gen(function* () {
    const { payload } = yield* Queue.take(heard)
    const { id, subject } = yield* Schema.decodeEffect(Payload)(payload)
    const rows =
      subject === undefined
        ? yield* admin<{ readonly subject: string }>`select subject from inquiries where id = ${id}`
        : [{ subject }]
    // A request of its own for each.
    yield* Effect.sleep("10 millis")
    for (const row of rows) mailed.push(row.subject)
  })
  yield* Effect.forkScoped(Effect.forever(one))
  return mailed
})
