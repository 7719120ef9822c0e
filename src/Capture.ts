// The trigger that puts a notice into the outbox, in the transaction of the customer's own INSERT. It can neither fail
// that INSERT nor make it wait: each part has its own exception block, and a lock is waited for 250 ms at most.
//
// One trigger a statement, over its transition table, not one a row: a bulk INSERT then costs one subtransaction and
// one NOTIFY in all, where a trigger a row would cost one of each a row, and a locked outbox costs one wait.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Description } from "./Catalog.ts"
import { functionBody, notifies } from "./CaptureBody.ts"
import { identifier, literal, quoted } from "./Catalog.ts"
import type { Database, DatabaseName } from "./Database.ts"
import * as Watermark from "./Watermark.ts"

export interface Standing {
  readonly number: number
  readonly schema: string
  readonly name: string
}

const triggerName = (number: number): string => `inquiries_mailer_${number}`
export const functionName = (number: number): string => `inquiries_mailer.${identifier(`capture_${number}`)}`

/**
 * The number of a table, which is registered if need be. What is there already is not written again: a script of `migrate`
 * is then short, and an outbox at rest stays so. Two at once collide, and one of them begins anew.
 */
const register = Effect.fnUntraced(function* (database: DatabaseName, table: Description) {
  const sql = yield* SqlClient
  const [known] = yield* sql<{ readonly number: number; readonly key: string }>`
    select number, key_column as key from inquiries_mailer.tables
    where (database_name, table_schema, table_name) = (${database}, ${table.schema}, ${table.name})`
  if (known?.key === table.key) return known.number
  // A renamed table has taken its trigger along: it keeps its number, and with it what is still unsettled.
  const [renamed] =
    known !== undefined
      ? [known]
      : yield* sql<{ readonly number: number }>`
    select r.number from inquiries_mailer.tables r join pg_trigger t on t.tgname = 'inquiries_mailer_' || r.number::text
    where r.database_name = ${database} and t.tgrelid = to_regclass(${quoted(table)}) limit 1`
  if (renamed !== undefined) {
    yield* sql`
      update inquiries_mailer.tables set table_schema = ${table.schema}, table_name = ${table.name}, key_column = ${table.key}
      where number = ${renamed.number}`
    return renamed.number
  }
  const [registered] = yield* sql<{ readonly number: number }>`
    insert into inquiries_mailer.tables (database_name, table_schema, table_name, key_column)
    values (${database}, ${table.schema}, ${table.name}, ${table.key})
    returning number`
  return registered?.number ?? 0
})

/** Registers a table and installs its trigger. Runs no DDL where the same trigger stands already. */
export const install = Effect.fn("Capture.install")(function* (
  { name, wake }: Pick<Database, "name" | "wake">,
  table: Description
) {
  const sql = yield* SqlClient
  const number = yield* register(name, table)
  const body = functionBody(name, table, wake, number)
  const [same] = yield* sql`
    select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where t.tgrelid = to_regclass(${quoted(table)}) and t.tgname = ${triggerName(number)}
      and t.tgenabled in ('O', 'A') and p.prosrc = ${body} and p.prosecdef
      and p.proconfig = '{"search_path=pg_catalog, pg_temp",lock_timeout=250ms}'`
  if (same !== undefined) return { number, installed: false }

  yield* sql.unsafe(`
    create or replace function ${functionName(number)}() returns trigger language plpgsql security definer
      set search_path = pg_catalog, pg_temp set lock_timeout = '250ms' as ${literal(body)}`)
  // Otherwise anybody could attach it to a table of his own and fill the outbox.
  yield* sql.unsafe(`revoke all on function ${functionName(number)}() from public`)
  // Replaced, not dropped first: that would have to wait for readers too, a backup for example.
  yield* sql.unsafe(`
    create or replace trigger ${identifier(triggerName(number))} after insert on ${quoted(table)}
      referencing new table as inserted for each statement execute function ${functionName(number)}('${number}')`)
  return { number, installed: true }
})

export interface Registration {
  readonly number: number
  /** Whether the trigger stands, fires, and captures what is the key now. */
  readonly armed: boolean
  /** Whether it also notifies whoever listens. */
  readonly notifies: boolean
}

/** A table's registration under this name; undefined before `migrate`. */
export const find = Effect.fn("Capture.find")(function* (database: DatabaseName, table: Description) {
  const sql = yield* SqlClient
  const [registration] = yield* sql<Registration>`
    select r.number, r.key_column = ${table.key} and t.body is not null as armed,
      coalesce(strpos(t.body, ${notifies}) > 0, false) as notifies
    from inquiries_mailer.tables r left join lateral (
      select p.prosrc as body from pg_trigger t join pg_proc p on p.oid = t.tgfoid
      where t.tgname = 'inquiries_mailer_' || r.number::text and t.tgrelid = to_regclass(${quoted(table)})
        and t.tgenabled in ('O', 'A')
    ) t on true
    where (r.database_name, r.table_schema, r.table_name) = (${database}, ${table.schema}, ${table.name})`
  return registration
})

export interface Condition {
  readonly number: number
  readonly trigger: string
  /** `mute` notifies nobody though somebody is to listen, `loud` the other way round: `wake` was another at `migrate`. */
  readonly state: "missing" | "disabled" | "changed" | "mute" | "loud" | "sound"
}

/** How a registered table's trigger is, compared with what `install` would make; undefined before `migrate`. */
export const condition = Effect.fn("Capture.condition")(function* (
  { name, wake }: Pick<Database, "name" | "wake">,
  table: Description
) {
  const registration = yield* find(name, table)
  if (registration === undefined) return undefined
  const { number } = registration
  const trigger = triggerName(number)
  const sql = yield* SqlClient
  const [found] = yield* sql<{ readonly enabled: boolean; readonly notifies: boolean; readonly same: boolean }>`
    select t.tgenabled in ('O', 'A') as enabled, strpos(p.prosrc, ${notifies}) > 0 as notifies,
      -- AFTER INSERT, FOR EACH STATEMENT, without a condition.
      t.tgtype = 4 and t.tgqual is null and t.tgnewtable = 'inserted'
        and t.tgargs = convert_to(${String(number)}, 'UTF8') || '\\x00'::bytea
        and md5(p.prosrc) in (md5(${functionBody(name, table, "listen", number)}), md5(${functionBody(name, table, "poll", number)})) and p.prosecdef
        and p.proconfig = '{"search_path=pg_catalog, pg_temp",lock_timeout=250ms}' as same
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
    where t.tgrelid = to_regclass(${quoted(table)}) and t.tgname = ${trigger}`
  const state = (): Condition["state"] => {
    if (found === undefined) return "missing"
    if (!found.same) return "changed"
    if (!found.enabled) return "disabled"
    if (found.notifies === (wake === "listen")) return "sound"
    return found.notifies ? "loud" : "mute"
  }
  const condition: Condition = { number, trigger, state: state() }
  return condition
})

/** The triggers that stand under this name, each with the table it is on now. */
export const standing = Effect.fn("Capture.standing")(function* (database: DatabaseName) {
  const sql = yield* SqlClient
  return yield* sql<Standing>`
    select r.number, n.nspname as schema, c.relname as name
    from inquiries_mailer.tables r
      join pg_trigger t on t.tgname = 'inquiries_mailer_' || r.number::text
      join pg_class c on c.oid = t.tgrelid
      join pg_namespace n on n.oid = c.relnamespace
    where r.database_name = ${database}
    order by r.number`
})

/** Removes a trigger. The registration stays, and with it the number of what is still unsettled. */
export const remove = Effect.fn("Capture.remove")(function* (table: Standing) {
  const sql = yield* SqlClient
  // A renamed table took the trigger along, and the one that has its name now uses the same function.
  const [used] = yield* sql`
    select from pg_trigger
    where tgfoid = to_regprocedure(${`${functionName(table.number)}()`}) and tgrelid <> to_regclass(${quoted(table)})`
  yield* sql.unsafe(`drop trigger if exists ${identifier(triggerName(table.number))} on ${quoted(table)}`)
  if (used !== undefined) return
  yield* sql.unsafe(`drop function if exists ${functionName(table.number)}()`)
  yield* Watermark.forget(table.number)
})

/** Names, not among these, under which tables are registered here: another configuration's, or one's own former name. */
export const otherNames = Effect.fn("Capture.otherNames")(function* (databases: ReadonlyArray<DatabaseName>) {
  const sql = yield* SqlClient
  const rows = yield* sql<{ readonly name: string }>`
    select distinct database_name as name from inquiries_mailer.tables where database_name <> all(${databases})`
  return rows.map(({ name }) => name)
})
