// The claims that are left ahead, see Ahead.ts: one row for each configured name whose worker has left one. As with the outbox there is
// nothing here that could refuse what a trigger writes; only the trigger of somebody's table and the worker of the same name do.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"

export default Effect.gen(function* () {
  const sql = yield* SqlClient

  yield* sql`
    create table inquiries_mailer.ahead (
      database_name text primary key,
      -- The advisory lock that its worker holds for as long as it listens: whose session is gone has left nothing.
      session bigint not null,
      notice uuid not null,
      claim uuid not null,
      -- For how long what has taken it is left alone.
      lease interval not null,
      good_until timestamptz not null,
      -- In the transaction of the row that has.
      taken boolean not null
    ) with (
      -- Rewritten with each lone mail, in the same page.
      fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200
    )`
})
