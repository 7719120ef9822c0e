// What an outbox says of itself: which database it was made in, and which workers it serves. A restored dump or a branch
// brings its outbox along, and mailing from it would send again what the original has sent: it is told by this.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { parkedFor } from "./Settlement.ts"
import { orOutage } from "./SqlOutage.ts"
import { Outage } from "./State.ts"

/** The outbox that this program's `migrate` leaves behind: as many as there are migrations. Also the worker's own number. */
const version = 1
/** The oldest outbox that this worker can work on. */
const needed = 1
/** The oldest worker that can still work on the outbox as `migrate` leaves it. Raised by what takes something away. */
const serves = 1

/** What tells a database from its copies. Null is what could not be read. */
interface Marks {
  readonly oid: string | null
  /** Of the server; not everybody may read it everywhere. */
  readonly system: string | null
  /** Neon's branches share the other two with the original. */
  readonly branch: string | null
}

interface Recorded extends Marks {
  readonly version: number
  readonly oldestWorker: number
}

const copied = `this is a copy of another database (a restored dump, a branch, a new server): mailing from it would send \
again what the original has sent. If this is the real one now, run \`inquiries-mailer migrate --adopt\``

const outdated = "this program is older than what the database was set up for: update it"

/** Fails where nothing may be mailed from here. For the start of whoever mails. */
export const check: Effect.Effect<void, Outage, SqlClient> = Effect.gen(function* () {
  const there = yield* orOutage(recorded)
  const block = (reason: string) => Effect.fail(new Outage({ state: "blocked", reason }))
  if (there === undefined || there.version < needed) {
    return yield* block("the outbox is older than this program: run `inquiries-mailer migrate`")
  }
  if (there.oldestWorker > version) return yield* block(outdated)
  if (differ(there, yield* orOutage(here))) return yield* block(copied)
})

/** Why `migrate` must not touch this database, if there is a reason. */
export const refusal = Effect.fn("Identity.refusal")(function* (adopt: boolean) {
  const sql = yield* SqlClient
  const [made] = yield* orOutage(sql`select where to_regclass('inquiries_mailer.identity') is not null`)
  if (made === undefined) return undefined
  const there = yield* orOutage(recorded)
  if (there === undefined) return undefined
  if (there.oldestWorker > version) return outdated
  return !adopt && differ(there, yield* orOutage(here)) ? copied : undefined
})

/**
 * Records which database this is, and what `migrate` has made of its outbox. Where it was another one, everything that is
 * unsettled is parked, because the original has probably mailed it; tells how many. One statement: all of it or nothing.
 */
export const record = Effect.gen(function* () {
  const sql = yield* SqlClient
  const there = yield* recorded
  const marks = yield* here
  if (there === undefined) {
    yield* sql`
      insert into inquiries_mailer.identity (version, oldest_worker, database_oid, system_identifier, branch)
      values (${version}, ${serves}, ${marks.oid}, ${marks.system}, ${marks.branch})
      on conflict (one) do nothing`
    return 0
  }
  if (!differ(there, marks)) {
    // Also what could not be read before. Nothing is written where nothing has changed.
    yield* sql`
      update inquiries_mailer.identity set version = greatest(version, ${version}),
        oldest_worker = greatest(oldest_worker, ${serves}), database_oid = coalesce(database_oid, ${marks.oid}),
        system_identifier = coalesce(system_identifier, ${marks.system}), branch = coalesce(branch, ${marks.branch})
      where version < ${version} or oldest_worker < ${serves}
        or system_identifier is null and ${marks.system}::text is not null
        or branch is null and ${marks.branch}::text is not null`
    return 0
  }
  const parked = yield* sql<{ readonly count: number }>`
    with adopted as (
      update inquiries_mailer.identity set version = greatest(version, ${version}),
        oldest_worker = greatest(oldest_worker, ${serves}), database_oid = ${marks.oid}::text,
        system_identifier = ${marks.system}::text, branch = ${marks.branch}::text
      returning 1
    ),
    parked as (
      update inquiries_mailer.outbox set outcome = 'parked', settled_at = clock_timestamp(), claim = null,
        detail = ${`${parkedFor.copied}, which has probably mailed it`}::text
      where outcome is null and exists (select from adopted)
      returning 1
    )
    select count(*)::integer as count from parked`
  return parked[0]?.count ?? 0
})

/** Undefined until `migrate` has recorded it. */
const recorded: Effect.Effect<Recorded | undefined, SqlError, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [row] = yield* sql<Recorded>`
    select version, oldest_worker as "oldestWorker", database_oid as oid, system_identifier as system, branch
    from inquiries_mailer.identity limit 1`
  return row
})

/** A right is asked for first: a refusal would also end the transaction that this may run in. */
const here: Effect.Effect<Marks, SqlError, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [row] = yield* sql<Omit<Marks, "system"> & { readonly readable: boolean }>`
    select (select oid::int8::text from pg_database where datname = current_database()) as oid,
      nullif(current_setting('neon.timeline_id', true), '') as branch,
      coalesce(has_function_privilege(to_regprocedure('pg_control_system()'), 'execute'), false) as readable`
  const [control] =
    row?.readable === true
      ? yield* sql<Pick<Marks, "system">>`select system_identifier::text as system from pg_control_system()`
      : []
  return { oid: row?.oid ?? null, branch: row?.branch ?? null, system: control?.system ?? null }
})

/** Only what both sides know is compared. */
const differ = (there: Marks, now: Marks): boolean =>
  (["oid", "system", "branch"] as const).some(
    (mark) => there[mark] !== null && now[mark] !== null && there[mark] !== now[mark]
  )
