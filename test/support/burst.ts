// An outbox whose table 1 has a burst of three rows, without triggers and monitors, as test/support/outbox.ts has it.
import { assert } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Notice } from "../../src/Notice.ts"
import { Outbox } from "../../src/Outbox.ts"
import { stage } from "./outbox.ts"

export const within = Duration.minutes(5)

export const burstStage = Effect.fn("burstStage")(function* (server?: Parameters<typeof stage>[0]) {
  const staged = yield* stage(server)
  const { admin, seenBy } = staged
  yield* admin`insert into inquiries_mailer.tables (database_name, table_schema, table_name, key_column)
    values ('autos', 'public', 'first', 'id'), ('autos', 'public', 'second', 'id')`
  const heeding = (sql: SqlClient) =>
    Effect.map(
      Layer.build(Layer.provide(Outbox.layer([1, 2], [{ number: 1, rows: 3, within }]), Layer.succeed(SqlClient, sql))),
      (context) => Context.get(context, Outbox)
    )
  const mail = Effect.fnUntraced(function* (outbox: Outbox["Service"], notice: Notice) {
    const told = notice.digest === true ? yield* outbox.beginDigest(notice) : [{ id: notice.id, key: notice.key }]
    if (notice.digest !== true) yield* outbox.begin(notice)
    return told.map(({ key }) => key)
  })
  return {
    ...staged,
    heeding,
    heedless: yield* seenBy(admin),
    outbox: yield* heeding(admin),
    /** Begins it, and tells of which keys. */
    mail,
    /** The window is over. */
    over: Effect.andThen(
      admin`update inquiries_mailer.outbox set due_at = clock_timestamp() where burst = 'held' and digest is null`,
      admin`update inquiries_mailer.tables set burst_since = clock_timestamp() - interval '1 day'`
    ),
    outcomes: Effect.map(
      admin<{ readonly key: string | null; readonly outcome: string | null }>`
        select key, outcome from inquiries_mailer.outbox order by key::integer`,
      (rows) => rows.map(({ key, outcome }) => `${key} ${outcome}`)
    )
  }
})

/** The one digest that a claim gives. */
export const claimDigest = Effect.fnUntraced(function* (outbox: Outbox["Service"]) {
  const { notices } = yield* outbox.claim(64)
  assert.deepStrictEqual(
    notices.map(({ digest }) => digest),
    [true]
  )
  return notices[0]!
})
