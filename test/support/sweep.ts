// A customer's migrated table, and the sweep of it as a worker or an operator does it.
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as Catalog from "../../src/Catalog.ts"
import * as Connection from "../../src/Connection.ts"
import * as Sweep from "../../src/Sweep.ts"
import { prunable } from "../../src/Watermark.ts"
import { customer, migrateOne } from "./customer.ts"

export const insert = "insert into inquiries (name) values ('a')"
export const disable = "alter table inquiries disable trigger inquiries_mailer_1"
export const enable = "alter table inquiries enable trigger inquiries_mailer_1"
export const stage = Effect.fnUntraced(function* (createTable?: string, before?: string) {
  const place = yield* customer(createTable)
  const { database, fresh, owner } = place
  if (before !== undefined) yield* owner.query(before)
  yield* migrateOne(database)
  const sweep = (decision?: Sweep.Decision | "look") =>
    Effect.gen(function* () {
      const table = database.tables[0]!
      const description = yield* Catalog.describe(table.name)
      if (Catalog.isRefusal(description)) return assert.fail(description.refused)
      return yield* Sweep.sweep(1, { description, table, timeZone: database.timeZone }, decision)
    }).pipe(Effect.provide(Connection.once(database.address)))
  const through = Effect.map(
    fresh.admin<{ readonly through: string }>`select swept_through as through from inquiries_mailer.tables`,
    (rows) => rows[0]?.through
  )
  /** Sweeps, finding nothing, until it has gone so far: whoever else writes on this server may hold it up for a moment. */
  const goTo = (key: string) =>
    sweep().pipe(
      Effect.tap(({ count }) => Effect.sync(() => assert.strictEqual(count, 0))),
      Effect.andThen(through),
      Effect.repeat({ until: (reached) => reached === key }),
      Effect.timeout("30 seconds")
    )
  const prune = fresh.admin.unsafe(`delete from inquiries_mailer.outbox o where o.outcome is not null and ${prunable}`)
  const settle = fresh.admin`update inquiries_mailer.outbox set outcome = 'sent'`
  return { ...place, goTo, migrate: migrateOne(database), prune, settle, sweep, through }
})
