// All that a catalog says of a database but of PostgreSQL's own objects, as sorted lines: two that are equal are set up alike.
// What has an order or an age of its own (object numbers, times) is left out.
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"

const mine = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"

const catalog = `
  select 'schema ' || n.nspname || ' ' || coalesce(n.nspacl::text, '') || ' ' || n.nspowner::regrole as line from pg_namespace n where ${mine}
  union all select concat_ws(' ', 'relation', c.oid::regclass, c.relkind, c.relowner::regrole, c.relacl, c.reloptions)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${mine} and c.relkind <> 'i'
  union all select concat_ws(' ', 'column', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where ${mine} and a.attnum > 0 and c.relkind <> 'i' and not a.attisdropped
  union all select 'index ' || pg_get_indexdef(i.indexrelid)
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${mine}
  union all select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(k.oid))
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${mine}
  union all select concat_ws(' ', 'trigger', tgrelid::regclass, tgenabled, pg_get_triggerdef(t.oid)) from pg_trigger t where not tgisinternal
  union all select concat_ws(' ', 'function', p.proowner::regrole, p.proacl, pg_get_functiondef(p.oid))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${mine} and p.prokind = 'f'
  union all select 'type ' || t.oid::regtype from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${mine}
  union all select 'event trigger ' || evtname from pg_event_trigger
  union all select concat_ws(' ', 'setting', setdatabase, setrole, setconfig) from pg_db_role_setting
    where setdatabase = (select oid from pg_database where datname = current_database())
  order by 1`

/** In the outbox's schema, where it is there: what stands in its tables. */
const contents = `
  select 'step ' || migration_id || name as line from inquiries_mailer.migrations
  union all select concat_ws(' ', 'watched', number, database_name, table_schema, table_name, key_column, swept_table::regclass, swept_by,
    case when swept_by = 'key' then swept_through end, swept_next, sweep_waiting) from inquiries_mailer.tables
  union all select concat_ws(' ', 'notice', table_number, key, outcome) from inquiries_mailer.outbox
  union all select to_jsonb(i)::text from inquiries_mailer.identity i
  order by 1`

export const everything = Effect.fn("everything")(function* (admin: PgClient.PgClient) {
  const linesOf = (text: string) =>
    Effect.map(admin.unsafe<{ readonly line: string }>(text), (rows) => rows.map(({ line }) => line))
  const [installed] = yield* admin`select from pg_namespace where nspname = 'inquiries_mailer'`
  return [...(yield* linesOf(catalog)), ...(installed === undefined ? [] : yield* linesOf(contents))]
})
