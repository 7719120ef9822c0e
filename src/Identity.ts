// What an outbox says of itself: which database it was made in, and which workers it serves. A restored dump or a branch
// brings its outbox along, and mailing from it would send again what the original has sent: it is told by this.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { named } from "./NewId.ts"
import { parkedFor } from "./Settlement.ts"
import { codeOf, orOutage } from "./SqlOutage.ts"
import { Outage } from "./State.ts"

/** The outbox that this program's `migrate` leaves behind: as many as there are migrations. Also the worker's own number. */
const version = 2
/** The oldest outbox that this worker can work on. */
const needed = 2
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

/** Notices that a statement parks: tenths of a second. */
const batch = 5_000
/** A right. */
const lacksRight = "42501"
const parking = `${named}, outcome = 'parked', settled_at = clock_timestamp(), claim = null,
        detail = '${parkedFor.copied}, which has probably mailed it'`

interface Recorded extends Marks {
  readonly version: number
  readonly oldestWorker: number
}

const copied = `this is a copy of another database (a restored dump, a branch, a new server): mailing from it would send \
again what the original has sent. If this is the real one now, run \`inquiries-mailer migrate --adopt\``

const outdated = "this program is older than what the database was set up for: update it"

/** Fails where nothing may be mailed from here. For the start of whoever mails. */
export const check: Effect.Effect<void, Outage, SqlClient> = Effect.gen(function* () {
  const both = yield* orOutage(
    Effect.catchIf(
      compared,
      (error) => codeOf(error) === lacksRight,
      () => Effect.all({ there: recorded, now: here })
    )
  )
  const block = (reason: string) => Effect.fail(new Outage({ state: "blocked", reason }))
  if (both.there === undefined || both.there.version < needed) {
    return yield* block("the outbox is older than this program: run `inquiries-mailer migrate`")
  }
  if (both.there.oldestWorker > version) return yield* block(outdated)
  if (differ(both.there, both.now)) return yield* block(copied)
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
 * unsettled is parked, because the original has probably mailed it; tells how many. What is left at the end is parked by
 * the statement that records it: nothing is ever mailed from what came along, wherever this is interrupted.
 */
export const record = Effect.gen(function* () {
  const sql = yield* SqlClient
  const there = yield* recorded
  if (there === undefined) {
    // As expressions, so that a script of this records where it runs, not where it was printed.
    yield* sql`
      insert into inquiries_mailer.identity (version, oldest_worker, database_oid, system_identifier, branch)
      select ${version}::integer, ${serves}::integer, m.oid, m.system, m.branch
      from (${sql.literal(marks(yield* readable))}) m
      on conflict (one) do nothing`
    return 0
  }
  const now = yield* here
  if (!differ(there, now)) {
    // Also what could not be read before. Nothing is written where nothing has changed.
    const learnt = (["oid", "system", "branch"] as const).some((mark) => there[mark] === null && now[mark] !== null)
    if (there.version < version || there.oldestWorker < serves || learnt) {
      yield* sql`
        update inquiries_mailer.identity set version = greatest(version, ${version}),
          oldest_worker = greatest(oldest_worker, ${serves}), database_oid = coalesce(database_oid, ${now.oid}),
          system_identifier = coalesce(system_identifier, ${now.system}), branch = coalesce(branch, ${now.branch})`
    }
    return 0
  }
  // The members of a digest are parked one by one.
  yield* sql`delete from inquiries_mailer.outbox where outcome is null and key is null`
  // Most of it before, in short statements: millions in one would exceed its time.
  let early = 0
  while (true) {
    const rows = yield* sql`
      update inquiries_mailer.outbox o set ${sql.literal(parking)}
      where o.ctid = any(array(select ctid from inquiries_mailer.outbox where outcome is null limit ${batch})) and coalesce(o.outcome, 'unsettled') = 'unsettled'
      returning o.id`
    early += rows.length
    if (rows.length < batch) break
  }
  const parked = yield* sql<{ readonly count: number }>`
    with adopted as (
      update inquiries_mailer.identity set version = greatest(version, ${version}),
        oldest_worker = greatest(oldest_worker, ${serves}), database_oid = ${now.oid}::text,
        system_identifier = ${now.system}::text, branch = ${now.branch}::text
      returning 1
    ),
    parked as (
      update inquiries_mailer.outbox o set ${sql.literal(parking)}
      where outcome is null and exists (select from adopted)
      returning 1
    )
    select count(*)::integer as count from parked`
  return early + (parked[0]?.count ?? 0)
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
const readable: Effect.Effect<boolean, SqlError, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [row] = yield* sql<{ readonly readable: boolean }>`
    select coalesce(has_function_privilege(to_regprocedure('pg_control_system()'), 'execute'), false) as readable`
  return row?.readable === true
})

const oid = "(select oid::int8::text from pg_database where datname = current_database())"
const system = "(select system_identifier::text from pg_control_system())"
const branch = "nullif(current_setting('neon.timeline_id', true), '')"

const marks = (systemReadable: boolean): string =>
  `select ${oid} as oid,
      ${systemReadable ? system : "null::text"} as system,
      ${branch} as branch`

const here: Effect.Effect<Marks, SqlError, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [row] = yield* sql.unsafe<Marks>(marks(yield* readable))
  return row ?? unknown
})

const unknown: Marks = { oid: null, system: null, branch: null }

/** Both in one question, which hundreds of databases have to answer at a start. Fails where the server's number is a secret. */
const compared: Effect.Effect<{ readonly there: Recorded | undefined; readonly now: Marks }, SqlError, SqlClient> =
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const [row] = yield* sql<
      Recorded & {
        readonly oidHere: Marks["oid"]
        readonly systemHere: Marks["system"]
        readonly branchHere: Marks["branch"]
      }
    >`
    select version, oldest_worker as "oldestWorker", database_oid as oid, system_identifier as system, branch,
      ${sql.literal(oid)} as "oidHere", ${sql.literal(system)} as "systemHere",
      ${sql.literal(branch)} as "branchHere"
    from inquiries_mailer.identity limit 1`
    return {
      there: row,
      now: row === undefined ? unknown : { oid: row.oidHere, system: row.systemHere, branch: row.branchHere }
    }
  })

/** Only what both sides know is compared. */
const differ = (there: Marks, now: Marks): boolean =>
  (["oid", "system", "branch"] as const).some(
    (mark) => there[mark] !== null && now[mark] !== null && there[mark] !== now[mark]
  )
