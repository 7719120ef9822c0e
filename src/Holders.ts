// Who holds a table that could not be locked in time, and what to do about it. It tells who and in which state, never
// which statement: that may hold a customer's data.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import { quoted } from "./Catalog.ts"
import type { Description } from "./Catalog.ts"

/** Named are those that have held it longest. */
const named = 3

/** What keeps us from a table: those who write to it, or, where it must be quite alone, also those who read it. */
export type Against = "writers" | "everybody"

/** In words; asked after the fact, so that whoever it was may be gone. */
export const busy = Effect.fn("Holders.busy")(function* (
  table: Pick<Description, "schema" | "name">,
  against: Against
) {
  const sql = yield* SqlClient
  const holders = yield* sql<Holder>`
    select l.pid, a.state, a.usename as "user", nullif(a.application_name, '') as application, a.backend_type as kind,
      floor(extract(epoch from clock_timestamp() - a.xact_start))::integer as seconds
    from pg_locks l left join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.granted and l.pid is distinct from pg_backend_pid()
      and l.database = (select oid from pg_database where datname = current_database())
      and l.relation = to_regclass(${quoted(table)})
      and (${against === "everybody"}::boolean or l.mode not in ('AccessShareLock', 'RowShareLock'))
    group by l.pid, a.state, a.usename, a.application_name, a.backend_type, a.xact_start
    order by a.xact_start, l.pid`
  const name = `table ${table.schema}.${table.name} was in use at every try for about a minute`
  const [first] = holders
  if (first === undefined) return `${name}, and is free now: run migrate again`
  const rest = holders.length > named ? ` and ${holders.length - named} more` : ""
  return `${name}, by ${holders.slice(0, named).map(describe).join(" and ")}${rest}: ${advice(first)}, then run migrate again`
})

interface Holder {
  /** Null for a prepared transaction. */
  readonly pid: number | null
  /** Null where this user may not see it, or where it is no client. */
  readonly state: string | null
  readonly user: string | null
  readonly application: string | null
  readonly kind: string | null
  readonly seconds: number | null
}

const describe = ({ application, kind, pid, seconds, state, user }: Holder): string => {
  if (pid === null) return "a prepared transaction"
  const doing = state ?? (kind === null || kind === "client backend" ? "this user may not see what it does" : kind)
  const details = [
    seconds === null ? doing : `${doing}, its transaction open for ${seconds} s`,
    ...(user === null ? [] : [`user ${user}`]),
    ...(application === null ? [] : [`application ${application}`])
  ]
  return `process ${pid} (${details.join(", ")})`
}

const advice = ({ pid }: Holder): string =>
  pid === null
    ? "commit it or roll it back, pg_prepared_xacts lists it"
    : `let it end its transaction, or end it with \`select pg_terminate_backend(${pid})\``
