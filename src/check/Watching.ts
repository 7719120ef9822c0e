// One watched table: whether it is there and can be watched, whether its rows are seen, whether its trigger stands as
// `migrate` made it, and whether more is written to it than can be mailed.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Capture from "../Capture.ts"
import * as Catalog from "../Catalog.ts"
import type { Database, Table, TableName } from "../Database.ts"
import { showTable } from "../Database.ts"
import { orOutage } from "../SqlOutage.ts"
import { advise, type Finding, finding, ok, run, sql } from "./Hop.ts"
import type { Place } from "./Rights.ts"
import { setTo, type Subject } from "./Setting.ts"

/** Rows a second. Commits that notify wait for one another, on the whole server. */
const hot = 20
const watchedFor = "2 seconds"

export const table = Effect.fnUntraced(function* (subject: Subject, index: number, { name }: Table) {
  const places = yield* candidates(name)
  const hidden = places.find(({ usable }) => !usable)
  if (hidden !== undefined && (name.schema !== undefined || places.length === 1)) {
    const usage = `grant usage on schema ${Catalog.identifier(hidden.schema)} to ${Catalog.identifier(hidden.user)};`
    const why = `${hidden.user} may not see the schema ${hidden.schema}`
    return [finding("broken", why, sql(usage)), undefined] as const
  }
  const description = yield* Catalog.describe(name)
  if (!Catalog.isRefusal(description)) {
    return [ok(`its key is ${description.key}, ${description.keyType}`), description] as const
  }
  return [unfit(subject, index, description.refused, places), undefined] as const
})

interface Candidate extends Place {
  readonly usable: boolean
  readonly user: string
  readonly kind: string
  readonly key: string | null
}

/** What is called so, in whatever schema. `key` is a column that could be one. */
const candidates = Effect.fnUntraced(function* ({ name, schema }: TableName) {
  const client = yield* SqlClient
  return yield* orOutage(
    client<Candidate>`
      select n.nspname as schema, c.relname as name, has_schema_privilege(n.oid, 'usage') as usable, current_user as user,
        c.relkind as kind, (select a.attname from pg_attribute a
          where a.attrelid = c.oid and a.attname = 'id' and not a.attisdropped) as key
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relname = ${name} and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and n.nspname = coalesce(${schema ?? null}::text, n.nspname)
      order by n.nspname`
  )
})

const unfit = (subject: Subject, index: number, why: string, places: ReadonlyArray<Candidate>): Finding => {
  const [there] = places
  const rename = (to: string) => setTo(subject, ["tables", index, "table"], to)
  if (there?.kind === "r" && /no primary key/.test(why)) {
    const quoted = Catalog.quoted(there)
    const column = there.key === null ? "add column id bigserial primary key" : `add primary key (${there.key})`
    return finding("broken", why, sql(`alter table ${quoted} ${column};`), run("inquiries-mailer migrate"))
  }
  if (there !== undefined && /does not exist/.test(why))
    return finding("broken", `${why}, but ${showTable(there)} does`, rename(showTable(there)))
  return finding("broken", why, rename("<a plain table with a key of one column>"))
}

/** Policies that hid rows from us would look like deleted rows. */
export const visible = Effect.fnUntraced(function* ({ name, schema }: Place) {
  const client = yield* SqlClient
  const [row] = yield* orOutage(
    client<{ readonly active: boolean; readonly user: string }>`
      select row_security_active(c.oid) as active, current_user as user
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema} and c.relname = ${name}`
  )
  return row?.active === true
    ? finding(
        "broken",
        `row-level security would hide rows from ${row.user}`,
        sql(`alter role ${Catalog.identifier(row.user)} bypassrls;`)
      )
    : ok("no policy hides a row")
})

export const trigger = Effect.fnUntraced(function* (database: Database, description: Catalog.Description) {
  const condition = yield* orOutage(Capture.condition(database, description))
  const migrate = run("inquiries-mailer migrate")
  if (condition === undefined) return finding("broken", `is not set up for ${database.name}`, migrate)
  switch (condition.state) {
    case "sound":
      return ok("stands, fires and is unchanged")
    case "missing":
      return finding("broken", "is missing: new rows are found by the sweep, late or not at all", migrate)
    case "changed":
      return finding("broken", "is not what this version's migrate makes of it", migrate)
    case "mute":
      return finding(
        "warning",
        "was set up for wake=poll and notifies nobody: rows are found by the next poll",
        migrate
      )
    case "loud":
      return ok("stands and fires; it notifies though nobody listens: `inquiries-mailer migrate` spares that")
    case "disabled": {
      const enable = `alter table ${Catalog.quoted(description)} enable trigger ${Catalog.identifier(condition.trigger)};`
      return finding("broken", "is disabled: new rows are found by the sweep, late or not at all", sql(enable))
    }
  }
})

/** By the server's own count, over a short look. */
export const pace = Effect.fnUntraced(function* (place: Place) {
  const before = yield* inserted(place)
  yield* Effect.sleep(watchedFor)
  const after = yield* inserted(place)
  if (before === undefined || after === undefined) return finding("not known", "the server does not count it")
  const rate = Math.round((after.count - before.count) / Math.max(0.001, after.seconds - before.seconds))
  return rate < hot
    ? ok(`${rate} rows a second`)
    : finding(
        "warning",
        `${rate} rows a second: Exchange sends 30 mails a minute, and commits that notify wait for one another`,
        advise("watch another table, one that gets a row for each mail that somebody is to read")
      )
})

const inserted = Effect.fnUntraced(function* ({ name, schema }: Place) {
  const client = yield* SqlClient
  const [row] = yield* orOutage(
    client<{ readonly count: number; readonly seconds: number }>`
      select n_tup_ins::float8 as count, extract(epoch from clock_timestamp())::float8 as seconds
      from pg_stat_all_tables where schemaname = ${schema} and relname = ${name}`
  )
  return row
})
